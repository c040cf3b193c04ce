-- One row per entry with a column per part, as the 2016 recipe keeps them.
CREATE TABLE audit_log (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  received   TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  sensor     VARCHAR(64) NOT NULL,
  unique_id  VARCHAR(64) NOT NULL,
  client     VARCHAR(45) NOT NULL,
  part_a     BLOB NOT NULL,
  part_b     MEDIUMBLOB,
  part_c     MEDIUMBLOB,
  part_e     MEDIUMBLOB,
  part_f     MEDIUMBLOB,
  part_h     MEDIUMBLOB,
  part_i     MEDIUMBLOB,
  part_j     MEDIUMBLOB,
  part_k     MEDIUMBLOB,
  KEY received (received),
  KEY unique_id (unique_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
