// The first schema (DESIGN 3, "Rows and ids"). Read by schema.cpp only; never edited once released: a change
// is a new file. Everything is an integer but what a person typed. A value that is NULL, 0 or 1 costs no byte
// in a row, so the defaults of an untouched task are chosen among these, and its times are differences:
// queued_ms from the job's creation, modified_ms from queued_ms. `open` repeats status < 4 so that the index
// of open tasks is touched only when a task ends or starts again. The three tables of the hot path are not
// STRICT: the check of types costs 5 % of a transition. The history has one writer here, so its position
// alone is its key. deleted_ms <> 0 is a tombstone: the number stays taken, the row is not shown.
#pragma once

namespace rollcall::store {

inline constexpr char kMigration0001[] = R"sql(
CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE id_counter(kind TEXT PRIMARY KEY, next INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE instance(
  id INTEGER PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  created_ms INTEGER NOT NULL DEFAULT 0,
  deleted_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO instance(id, code) VALUES (1, '');

CREATE TABLE access_key(
  id TEXT PRIMARY KEY,
  instance INTEGER NOT NULL,
  secret BLOB NOT NULL,
  enabled INTEGER NOT NULL,
  created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE product(
  id INTEGER PRIMARY KEY,
  instance INTEGER NOT NULL,
  key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  secret BLOB NOT NULL,
  node_type INTEGER NOT NULL,
  data_format INTEGER NOT NULL,
  has_thing_model INTEGER NOT NULL,
  auth_type TEXT NOT NULL,
  net_type INTEGER NOT NULL,
  protocol_type TEXT NOT NULL,
  category_key TEXT NOT NULL,
  id2 INTEGER NOT NULL,
  validate_type INTEGER NOT NULL,
  description TEXT NOT NULL,
  status INTEGER NOT NULL,
  device_count INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  deleted_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX product_name ON product(instance, name) WHERE deleted_ms = 0;
CREATE INDEX product_instance ON product(instance, id) WHERE deleted_ms = 0;

CREATE TABLE device(
  id INTEGER PRIMARY KEY,
  product INTEGER NOT NULL,
  name TEXT NOT NULL,
  foreign_iot_id TEXT,
  secret BLOB NOT NULL,
  nickname TEXT,
  enabled INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  deleted_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX device_name ON device(product, name) WHERE deleted_ms = 0;
CREATE UNIQUE INDEX device_foreign_iot_id ON device(foreign_iot_id) WHERE foreign_iot_id IS NOT NULL;
CREATE INDEX device_product ON device(product) WHERE deleted_ms = 0;

CREATE TABLE presence(
  device INTEGER PRIMARY KEY,
  online INTEGER NOT NULL,
  connection_epoch INTEGER NOT NULL,
  activated_ms INTEGER NOT NULL,
  online_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL,
  address TEXT NOT NULL
) STRICT;

CREATE TABLE device_group(
  id INTEGER PRIMARY KEY,
  instance INTEGER NOT NULL,
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  parent INTEGER NOT NULL,
  device_count INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  deleted_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX device_group_name ON device_group(instance, name) WHERE deleted_ms = 0;

CREATE TABLE group_member(
  device_group INTEGER NOT NULL,
  join_number INTEGER NOT NULL,
  device INTEGER NOT NULL,
  product INTEGER NOT NULL,
  PRIMARY KEY(device_group, join_number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX group_member_device ON group_member(device, device_group);

CREATE TABLE group_product(
  device_group INTEGER NOT NULL,
  product INTEGER NOT NULL,
  device_count INTEGER NOT NULL,
  PRIMARY KEY(device_group, product)
) STRICT, WITHOUT ROWID;

CREATE TABLE apply(
  id INTEGER PRIMARY KEY,
  product INTEGER NOT NULL,
  instance INTEGER NOT NULL,
  status INTEGER NOT NULL,
  count INTEGER NOT NULL,
  cursor INTEGER NOT NULL,
  created_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX apply_creating ON apply(id) WHERE status = 2;

CREATE TABLE apply_item(
  apply INTEGER NOT NULL,
  position INTEGER NOT NULL,
  device_name TEXT NOT NULL,
  nickname TEXT,
  device INTEGER NOT NULL,
  PRIMARY KEY(apply, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE thing_model(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  product INTEGER NOT NULL,
  version TEXT NOT NULL,
  description TEXT NOT NULL,
  modified_ms INTEGER NOT NULL,
  tsl TEXT NOT NULL,
  UNIQUE(product, version)
) STRICT;

CREATE TABLE job(
  id INTEGER PRIMARY KEY,
  instance INTEGER NOT NULL,
  status INTEGER NOT NULL,
  sweep INTEGER NOT NULL,
  sweep_cursor INTEGER NOT NULL,
  tasks_made INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  paused INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  modified_ms INTEGER NOT NULL,
  started_ms INTEGER NOT NULL,
  maximum_per_minute INTEGER NOT NULL,
  maximum_per_minute_given INTEGER NOT NULL,
  qos INTEGER NOT NULL,
  in_progress_timeout_minutes INTEGER NOT NULL,
  description TEXT NOT NULL,
  deleted_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX job_instance ON job(instance, id) WHERE deleted_ms = 0;
CREATE INDEX job_status ON job(instance, status, id) WHERE deleted_ms = 0;
CREATE INDEX job_unfinished ON job(id) WHERE status NOT IN (4, 6, 8) AND deleted_ms = 0;

CREATE TABLE job_counter(
  job INTEGER PRIMARY KEY,
  queued INTEGER NOT NULL,
  sent INTEGER NOT NULL,
  in_progress INTEGER NOT NULL,
  succeeded INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  timed_out INTEGER NOT NULL,
  cancelled INTEGER NOT NULL
) STRICT;

CREATE TABLE job_spec(
  job INTEGER PRIMARY KEY,
  type INTEGER NOT NULL,
  target_type INTEGER NOT NULL,
  target_product INTEGER NOT NULL,
  target_group INTEGER NOT NULL,
  target_snapshot INTEGER NOT NULL,
  offline_policy INTEGER NOT NULL,
  sync_service INTEGER NOT NULL,
  scheduled_ms INTEGER,
  lifetime_ms INTEGER NOT NULL,
  name TEXT NOT NULL,
  target_product_key TEXT NOT NULL,
  target_group_code TEXT NOT NULL,
  document TEXT NOT NULL,
  wire_params TEXT NOT NULL
) STRICT;

CREATE TABLE job_unfit_product(
  job INTEGER NOT NULL,
  position INTEGER NOT NULL,
  product INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY(job, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE task(
  job INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  device INTEGER NOT NULL,
  status INTEGER NOT NULL,
  open INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  progress INTEGER,
  flags INTEGER NOT NULL,
  pushes INTEGER NOT NULL,
  queued_ms INTEGER NOT NULL,
  modified_ms INTEGER NOT NULL,
  PRIMARY KEY(job, sequence)
) WITHOUT ROWID;
CREATE INDEX task_status ON task(job, status, sequence);
CREATE INDEX task_device ON task(device, job);
CREATE INDEX task_open ON task(device, job) WHERE open = 1;

CREATE TABLE task_detail(
  job INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  message TEXT NOT NULL,
  status_details TEXT NOT NULL,
  PRIMARY KEY(job, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE history(
  position INTEGER PRIMARY KEY,
  job INTEGER NOT NULL,
  task INTEGER NOT NULL,
  device INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  from_status INTEGER NOT NULL,
  to_status INTEGER NOT NULL,
  cause INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  progress INTEGER,
  detail TEXT
);

CREATE TABLE time_out(
  deadline_ms INTEGER NOT NULL,
  job INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  PRIMARY KEY(deadline_ms, job, sequence, attempt)
) WITHOUT ROWID;
)sql";

}  // namespace rollcall::store
