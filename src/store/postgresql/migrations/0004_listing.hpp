// What lists and counts of a fleet need: members that left a group stay as long as a job's snapshot may still
// want them (left_number is the join number of that moment, DESIGN 5.6), counters of activated, connected and
// disabled devices, tags, topic classes, and what ImportDevice brings along. The counters follow by triggers,
// so that no path of writing can forget them; each sees the rows of a whole statement. Read by schema.cpp
// only; never edited once released.
#pragma once

namespace rollcall::store::postgresql {

inline constexpr char kPostgresqlMigration0004[] = R"sql(
ALTER TABLE group_member ADD COLUMN left_number bigint NOT NULL DEFAULT 0,
  ADD COLUMN left_ms bigint NOT NULL DEFAULT 0;
DROP INDEX group_member_device;
CREATE UNIQUE INDEX group_member_device ON group_member(device, device_group, left_number);
CREATE INDEX group_member_left ON group_member(left_ms) WHERE left_number <> 0;
CREATE INDEX device_group_instance ON device_group(instance, id) WHERE deleted_ms = 0;
CREATE INDEX device_group_emptied ON device_group(deleted_ms) WHERE deleted_ms <> 0 AND device_count <> 0;

ALTER TABLE device ADD COLUMN serial text, ADD COLUMN modified_ms bigint NOT NULL DEFAULT 0;
ALTER TABLE apply_item ADD COLUMN secret bytea, ADD COLUMN serial text;

ALTER TABLE product ADD COLUMN active_count bigint NOT NULL DEFAULT 0,
  ADD COLUMN online_count bigint NOT NULL DEFAULT 0,
  ADD COLUMN disabled_count bigint NOT NULL DEFAULT 0,
  ADD COLUMN disabled_active_count bigint NOT NULL DEFAULT 0;
ALTER TABLE device_group ADD COLUMN active_count bigint NOT NULL DEFAULT 0,
  ADD COLUMN online_count bigint NOT NULL DEFAULT 0;
UPDATE product SET (active_count, online_count, disabled_count, disabled_active_count) =
  (SELECT count(*) FILTER (WHERE p.activated_ms <> 0), count(*) FILTER (WHERE p.online),
          count(*) FILTER (WHERE NOT d.enabled),
          count(*) FILTER (WHERE NOT d.enabled AND p.activated_ms <> 0)
   FROM device d LEFT JOIN presence p ON p.device = d.id WHERE d.product = product.id AND d.deleted_ms = 0);
UPDATE device_group SET (active_count, online_count) =
  (SELECT count(*) FILTER (WHERE p.activated_ms <> 0), count(*) FILTER (WHERE p.online)
   FROM group_member m JOIN presence p ON p.device = m.device WHERE m.device_group = device_group.id);

CREATE TABLE device_tag(
  device bigint NOT NULL,
  instance bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  PRIMARY KEY(device, name)
);
CREATE INDEX device_tag_value ON device_tag(instance, name, value, device);

CREATE TABLE product_topic(
  id bigint PRIMARY KEY,
  product bigint NOT NULL,
  operation smallint NOT NULL,
  name text COLLATE "C" NOT NULL,
  description bytea NOT NULL,
  UNIQUE(product, name)
);
INSERT INTO product_topic(id, product, name, operation, description)
  SELECT row_number() OVER (ORDER BY p.id, t.n), p.id, t.name, t.operation, ''
  FROM product p, (VALUES(1, 'user/get', 1), (2, 'user/update', 0), (3, 'user/update/error', 0))
    AS t(n, name, operation)
  WHERE p.deleted_ms = 0;
INSERT INTO id_counter SELECT 'topic', coalesce(max(id), 0) + 1 FROM product_topic;

-- What rows of presence add to their product and groups, given as changes.
CREATE FUNCTION count_presence(devices bigint[], actives bigint[], onlines bigint[]) RETURNS void
LANGUAGE sql AS $$
  UPDATE product p SET active_count = p.active_count + s.active, online_count = p.online_count + s.online,
    disabled_active_count = p.disabled_active_count + s.disabled_active
  FROM (SELECT d.product, sum(i.active) AS active, sum(i.online) AS online,
               coalesce(sum(i.active) FILTER (WHERE NOT d.enabled), 0) AS disabled_active
        FROM unnest(devices, actives, onlines) AS i(device, active, online)
        JOIN device d ON d.id = i.device AND d.deleted_ms = 0 GROUP BY d.product) s
  WHERE p.id = s.product;
  UPDATE device_group g SET active_count = g.active_count + s.active, online_count = g.online_count + s.online
  FROM (SELECT m.device_group, sum(i.active) AS active, sum(i.online) AS online
        FROM unnest(devices, actives, onlines) AS i(device, active, online)
        JOIN group_member m ON m.device = i.device AND m.left_number = 0 GROUP BY m.device_group) s
  WHERE g.id = s.device_group;
$$;
CREATE FUNCTION presence_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM count_presence(array_agg(device), array_agg((activated_ms <> 0)::integer::bigint),
                         array_agg(online::integer::bigint))
    FROM fresh WHERE online OR activated_ms <> 0 HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE TRIGGER presence_made AFTER INSERT ON presence REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION presence_made();
CREATE FUNCTION presence_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM count_presence(array_agg(n.device),
      array_agg(((n.activated_ms <> 0)::integer - (o.activated_ms <> 0)::integer)::bigint),
      array_agg((n.online::integer - o.online::integer)::bigint))
    FROM fresh n JOIN stale o ON o.device = n.device
    WHERE n.online <> o.online OR (n.activated_ms <> 0) <> (o.activated_ms <> 0) HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE TRIGGER presence_changed AFTER UPDATE ON presence
  REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION presence_changed();

CREATE FUNCTION device_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE product p SET disabled_count = p.disabled_count + s.devices
    FROM (SELECT product, count(*) AS devices FROM fresh WHERE NOT enabled GROUP BY product) s
    WHERE p.id = s.product;
  RETURN NULL;
END $$;
CREATE TRIGGER device_made AFTER INSERT ON device REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION device_made();
CREATE FUNCTION device_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE product p SET disabled_count = p.disabled_count + s.disabled,
    disabled_active_count = p.disabled_active_count + s.disabled_active,
    active_count = p.active_count - s.active, online_count = p.online_count - s.online
  FROM (SELECT n.product,
      sum((NOT n.enabled AND n.deleted_ms = 0)::integer - (NOT o.enabled)::integer) AS disabled,
      sum(((NOT n.enabled AND n.deleted_ms = 0)::integer - (NOT o.enabled)::integer)
          * (coalesce(a.activated_ms, 0) <> 0)::integer) AS disabled_active,
      count(*) FILTER (WHERE n.deleted_ms <> 0 AND a.activated_ms <> 0) AS active,
      count(*) FILTER (WHERE n.deleted_ms <> 0 AND a.online) AS online
    FROM fresh n JOIN stale o ON o.id = n.id AND o.deleted_ms = 0 LEFT JOIN presence a ON a.device = n.id
    WHERE n.enabled <> o.enabled OR n.deleted_ms <> 0 GROUP BY n.product) s
  WHERE p.id = s.product;
  DELETE FROM device_tag t USING fresh n WHERE t.device = n.id AND n.deleted_ms <> 0;
  RETURN NULL;
END $$;
CREATE TRIGGER device_changed AFTER UPDATE ON device
  REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION device_changed();

CREATE FUNCTION count_members(groups bigint[], devices bigint[], sign bigint) RETURNS void
LANGUAGE sql AS $$
  UPDATE device_group g SET active_count = g.active_count + sign * s.active,
    online_count = g.online_count + sign * s.online
  FROM (SELECT i.device_group, count(*) FILTER (WHERE p.activated_ms <> 0) AS active,
               count(*) FILTER (WHERE p.online) AS online
        FROM unnest(groups, devices) AS i(device_group, device) JOIN presence p ON p.device = i.device
        GROUP BY i.device_group) s
  WHERE g.id = s.device_group AND g.deleted_ms = 0;
$$;
CREATE FUNCTION member_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM count_members(array_agg(device_group), array_agg(device), 1)
    FROM fresh WHERE left_number = 0 HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE TRIGGER member_made AFTER INSERT ON group_member REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION member_made();
CREATE FUNCTION member_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM count_members(array_agg(n.device_group), array_agg(n.device), -1)
    FROM fresh n JOIN stale o ON o.device_group = n.device_group AND o.join_number = n.join_number
    WHERE o.left_number = 0 AND n.left_number <> 0 HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE TRIGGER member_left AFTER UPDATE ON group_member
  REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION member_left();
CREATE FUNCTION member_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM count_members(array_agg(device_group), array_agg(device), -1)
    FROM stale WHERE left_number = 0 HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE TRIGGER member_gone AFTER DELETE ON group_member REFERENCING OLD TABLE AS stale
  FOR EACH STATEMENT EXECUTE FUNCTION member_gone();
)sql";

}  // namespace rollcall::store::postgresql
