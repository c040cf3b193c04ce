"""Transactions in an OpenSearch or Elasticsearch cluster."""
