// The first schema on PostgreSQL (DESIGN 3, "Rows and ids"): the tables of the embedded store with this
// database's own types. Read by schema.cpp only; never edited once released: a change is a new file. Names
// and codes are text in byte order; whatever a person or device typed freely is bytea, because text cannot
// hold every byte. Columns of task and history go from wide to narrow, so that nothing is padded. Small
// tables that are changed all the time keep half of each page free: their changes then touch no index.
// deleted_ms <> 0 is a tombstone: the number stays taken, the row is not shown.
#pragma once

namespace rollcall::store::postgresql {

inline constexpr char kPostgresqlMigration0001[] = R"sql(
CREATE TABLE meta(name text COLLATE "C" PRIMARY KEY, value bytea NOT NULL);
CREATE TABLE id_counter(kind text COLLATE "C" PRIMARY KEY, next bigint NOT NULL) WITH (fillfactor = 50);

-- Every commit writes its number beside its connection's epoch; a row that is gone lets no commit of that
-- connection pass any more.
CREATE SEQUENCE connection_epoch;
CREATE TABLE commit_mark(epoch bigint PRIMARY KEY, batch bigint NOT NULL) WITH (fillfactor = 50);
CREATE FUNCTION refuse(message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = '23503', MESSAGE = message;
END $$;

CREATE TABLE instance(
  id bigint PRIMARY KEY,
  code text COLLATE "C" NOT NULL UNIQUE,
  created_ms bigint NOT NULL DEFAULT 0,
  deleted_ms bigint NOT NULL DEFAULT 0
);
INSERT INTO instance(id, code) VALUES (1, '');

CREATE TABLE access_key(
  id text COLLATE "C" PRIMARY KEY,
  instance bigint NOT NULL,
  secret bytea NOT NULL,
  enabled boolean NOT NULL,
  created_ms bigint NOT NULL
);

CREATE TABLE product(
  id bigint PRIMARY KEY,
  instance bigint NOT NULL,
  key text COLLATE "C" NOT NULL UNIQUE,
  name text COLLATE "C" NOT NULL,
  secret bytea NOT NULL,
  node_type integer NOT NULL,
  data_format integer NOT NULL,
  has_thing_model boolean NOT NULL,
  auth_type text NOT NULL,
  net_type integer NOT NULL,
  protocol_type text NOT NULL,
  category_key text NOT NULL,
  id2 boolean NOT NULL,
  validate_type integer NOT NULL,
  description bytea NOT NULL,
  status smallint NOT NULL,
  device_count bigint NOT NULL,
  created_ms bigint NOT NULL,
  deleted_ms bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX product_name ON product(instance, name) WHERE deleted_ms = 0;
CREATE INDEX product_instance ON product(instance, id) WHERE deleted_ms = 0;

CREATE TABLE device(
  id bigint PRIMARY KEY,
  product bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  foreign_iot_id text COLLATE "C",
  secret bytea NOT NULL,
  nickname bytea,
  enabled boolean NOT NULL,
  created_ms bigint NOT NULL,
  deleted_ms bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX device_name ON device(product, name) WHERE deleted_ms = 0;
CREATE UNIQUE INDEX device_foreign_iot_id ON device(foreign_iot_id)
  WHERE foreign_iot_id IS NOT NULL AND deleted_ms = 0;
CREATE INDEX device_product ON device(product, id) WHERE deleted_ms = 0;

CREATE TABLE presence(
  device bigint PRIMARY KEY,
  connection_epoch bigint NOT NULL,
  activated_ms bigint NOT NULL,
  online_ms bigint NOT NULL,
  changed_ms bigint NOT NULL,
  online boolean NOT NULL,
  address text NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE device_group(
  id bigint PRIMARY KEY,
  instance bigint NOT NULL,
  code text COLLATE "C" NOT NULL UNIQUE,
  name text COLLATE "C" NOT NULL,
  description bytea NOT NULL,
  parent bigint NOT NULL,
  device_count bigint NOT NULL,
  created_ms bigint NOT NULL,
  deleted_ms bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX device_group_name ON device_group(instance, name) WHERE deleted_ms = 0;

CREATE TABLE group_member(
  device_group bigint NOT NULL,
  join_number bigint NOT NULL,
  device bigint NOT NULL,
  product bigint NOT NULL,
  PRIMARY KEY(device_group, join_number)
);
CREATE UNIQUE INDEX group_member_device ON group_member(device, device_group);

CREATE TABLE group_product(
  device_group bigint NOT NULL,
  product bigint NOT NULL,
  device_count bigint NOT NULL,
  PRIMARY KEY(device_group, product)
) WITH (fillfactor = 50);

CREATE TABLE apply(
  id bigint PRIMARY KEY,
  product bigint NOT NULL,
  instance bigint NOT NULL,
  status smallint NOT NULL,
  count bigint NOT NULL,
  cursor bigint NOT NULL,
  created_ms bigint NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX apply_creating ON apply(id) WHERE status = 2;

CREATE TABLE apply_item(
  apply bigint NOT NULL,
  position bigint NOT NULL,
  device bigint NOT NULL,
  device_name text COLLATE "C" NOT NULL,
  nickname bytea,
  PRIMARY KEY(apply, position)
);

CREATE SEQUENCE thing_model_id;
CREATE TABLE thing_model(
  id bigint PRIMARY KEY DEFAULT nextval('thing_model_id'),
  product bigint NOT NULL,
  version text COLLATE "C" NOT NULL,
  description bytea NOT NULL,
  modified_ms bigint NOT NULL,
  tsl bytea NOT NULL,
  UNIQUE(product, version)
);
CREATE INDEX thing_model_latest ON thing_model(product, id) WHERE version <> '';

CREATE TABLE job(
  id bigint PRIMARY KEY,
  instance bigint NOT NULL,
  sweep_cursor bigint NOT NULL,
  tasks_made bigint NOT NULL,
  created_ms bigint NOT NULL,
  modified_ms bigint NOT NULL,
  started_ms bigint NOT NULL,
  deleted_ms bigint NOT NULL DEFAULT 0,
  maximum_per_minute bigint NOT NULL,
  in_progress_timeout_minutes bigint NOT NULL,
  epoch integer NOT NULL,
  status smallint NOT NULL,
  sweep smallint NOT NULL,
  qos smallint NOT NULL,
  paused boolean NOT NULL,
  maximum_per_minute_given boolean NOT NULL,
  description bytea NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX job_instance ON job(instance, id) WHERE deleted_ms = 0;
CREATE INDEX job_status ON job(instance, status, id) WHERE deleted_ms = 0;
CREATE INDEX job_unfinished ON job(id) WHERE status NOT IN (4, 6, 8) AND deleted_ms = 0;

CREATE TABLE job_counter(
  job bigint PRIMARY KEY,
  queued bigint NOT NULL,
  sent bigint NOT NULL,
  in_progress bigint NOT NULL,
  succeeded bigint NOT NULL,
  failed bigint NOT NULL,
  rejected bigint NOT NULL,
  timed_out bigint NOT NULL,
  cancelled bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE job_spec(
  job bigint PRIMARY KEY,
  target_product bigint NOT NULL,
  target_group bigint NOT NULL,
  target_snapshot bigint NOT NULL,
  scheduled_ms bigint,
  lifetime_ms bigint NOT NULL,
  type smallint NOT NULL,
  target_type smallint NOT NULL,
  offline_policy smallint NOT NULL,
  sync_service boolean NOT NULL,
  name text COLLATE "C" NOT NULL,
  target_product_key text NOT NULL,
  target_group_code text NOT NULL,
  document bytea NOT NULL,
  wire_params bytea NOT NULL
);

CREATE TABLE job_unfit_product(
  job bigint NOT NULL,
  product bigint NOT NULL,
  position integer NOT NULL,
  reason bytea NOT NULL,
  PRIMARY KEY(job, position)
);

CREATE TABLE task(
  job bigint NOT NULL,
  device bigint NOT NULL,
  queued_ms bigint NOT NULL,
  modified_ms bigint NOT NULL,
  sequence integer NOT NULL,
  attempt integer NOT NULL,
  status smallint NOT NULL,
  flags smallint NOT NULL,
  pushes smallint NOT NULL,
  progress smallint,
  noted smallint,
  noted_ms bigint,
  PRIMARY KEY(job, sequence)
) WITH (fillfactor = 90);
CREATE INDEX task_status ON task(job, status, sequence);
CREATE INDEX task_device ON task(device, job);
CREATE INDEX task_open ON task(device, job) WHERE status < 4;

CREATE TABLE task_detail(
  job bigint NOT NULL,
  sequence integer NOT NULL,
  message bytea NOT NULL,
  status_details bytea NOT NULL,
  PRIMARY KEY(job, sequence)
);

-- Positions are given and committed one commit after the other, by whatever process: a reader that goes on
-- after the last position it saw misses nothing. Numbers of commits that failed are left out.
CREATE SEQUENCE history_position;
CREATE TABLE history(
  position bigint PRIMARY KEY DEFAULT nextval('history_position'),
  job bigint NOT NULL,
  device bigint NOT NULL,
  at_ms bigint NOT NULL,
  task integer NOT NULL,
  attempt integer NOT NULL,
  from_status smallint NOT NULL,
  to_status smallint NOT NULL,
  cause smallint NOT NULL,
  progress smallint,
  message bytea,
  status_details bytea
);
CREATE INDEX history_task ON history(job, task, position);

CREATE TABLE time_out(
  deadline_ms bigint NOT NULL,
  job bigint NOT NULL,
  sequence integer NOT NULL,
  attempt integer NOT NULL,
  PRIMARY KEY(deadline_ms, job, sequence, attempt)
);

CREATE TABLE tell(
  device bigint NOT NULL,
  job bigint NOT NULL,
  sequence integer NOT NULL,
  attempt integer NOT NULL,
  removed boolean NOT NULL,
  PRIMARY KEY(device, job, sequence)
);
)sql";

}  // namespace rollcall::store::postgresql
