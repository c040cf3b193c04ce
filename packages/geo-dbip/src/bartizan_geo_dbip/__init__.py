"""DB-IP City Lite, as MMDB files. Data by DB-IP (https://db-ip.com), licensed under CC BY 4.0.

Pages that show places found with it must link to https://db-ip.com; Bartizan's do.
"""

from pathlib import Path

ATTRIBUTION = "IP Geolocation by DB-IP"
URL = "https://db-ip.com"


def directory() -> Path:
    """Where the MMDB files are: one per address family. Empty if the data could not be had."""
    return Path(__file__).parent / "data"
