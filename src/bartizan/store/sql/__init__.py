"""Transactions and the control store in SQL: SQLite, MySQL and MariaDB through SQLAlchemy Core."""
