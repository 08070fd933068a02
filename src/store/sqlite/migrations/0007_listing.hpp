// What lists and counts of a fleet need: members that left a group stay as long as a job's snapshot may still
// want them (left_number is the join number of that moment, DESIGN 5.6), counters of activated, connected and
// disabled devices, tags, topic classes, and what ImportDevice brings along. The counters follow by triggers,
// so that no path of writing can forget them. Read by schema.cpp only; never edited once released.
#pragma once

namespace rollcall::store {

inline constexpr char kMigration0007[] = R"sql(
ALTER TABLE group_member ADD COLUMN left_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE group_member ADD COLUMN left_ms INTEGER NOT NULL DEFAULT 0;
DROP INDEX group_member_device;
CREATE UNIQUE INDEX group_member_device ON group_member(device, device_group, left_number);
CREATE INDEX group_member_left ON group_member(left_ms) WHERE left_number <> 0;
CREATE INDEX device_group_instance ON device_group(instance, id) WHERE deleted_ms = 0;
CREATE INDEX device_group_emptied ON device_group(deleted_ms) WHERE deleted_ms <> 0 AND device_count <> 0;

ALTER TABLE device ADD COLUMN serial TEXT;
ALTER TABLE device ADD COLUMN modified_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE apply_item ADD COLUMN secret BLOB;
ALTER TABLE apply_item ADD COLUMN serial TEXT;

ALTER TABLE product ADD COLUMN active_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE product ADD COLUMN online_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE product ADD COLUMN disabled_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE product ADD COLUMN disabled_active_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE device_group ADD COLUMN active_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE device_group ADD COLUMN online_count INTEGER NOT NULL DEFAULT 0;
UPDATE product SET (active_count, online_count, disabled_count, disabled_active_count) =
  (SELECT coalesce(sum(p.activated_ms <> 0), 0), coalesce(sum(p.online), 0), coalesce(sum(NOT d.enabled), 0),
          coalesce(sum(NOT d.enabled AND p.activated_ms <> 0), 0)
   FROM device d LEFT JOIN presence p ON p.device = d.id WHERE d.product = product.id AND d.deleted_ms = 0);
UPDATE device_group SET (active_count, online_count) =
  (SELECT coalesce(sum(p.activated_ms <> 0), 0), coalesce(sum(p.online), 0)
   FROM group_member m JOIN presence p ON p.device = m.device WHERE m.device_group = device_group.id);

CREATE TRIGGER presence_made AFTER INSERT ON presence WHEN NEW.online <> 0 OR NEW.activated_ms <> 0
BEGIN
  UPDATE product SET active_count = active_count + (NEW.activated_ms <> 0),
    online_count = online_count + NEW.online,
    disabled_active_count = disabled_active_count
      + (NEW.activated_ms <> 0 AND (SELECT NOT enabled FROM device WHERE id = NEW.device))
    WHERE id = (SELECT product FROM device WHERE id = NEW.device AND deleted_ms = 0);
  UPDATE device_group SET active_count = active_count + (NEW.activated_ms <> 0),
    online_count = online_count + NEW.online
    WHERE id IN (SELECT device_group FROM group_member WHERE device = NEW.device AND left_number = 0);
END;
CREATE TRIGGER presence_changed AFTER UPDATE OF online, activated_ms ON presence
WHEN NEW.online <> OLD.online OR (NEW.activated_ms <> 0) <> (OLD.activated_ms <> 0)
BEGIN
  UPDATE product SET active_count = active_count + (NEW.activated_ms <> 0) - (OLD.activated_ms <> 0),
    online_count = online_count + NEW.online - OLD.online,
    disabled_active_count = disabled_active_count + ((NEW.activated_ms <> 0) - (OLD.activated_ms <> 0))
      * (SELECT NOT enabled FROM device WHERE id = NEW.device)
    WHERE id = (SELECT product FROM device WHERE id = NEW.device AND deleted_ms = 0);
  UPDATE device_group SET active_count = active_count + (NEW.activated_ms <> 0) - (OLD.activated_ms <> 0),
    online_count = online_count + NEW.online - OLD.online
    WHERE id IN (SELECT device_group FROM group_member WHERE device = NEW.device AND left_number = 0);
END;

CREATE TRIGGER device_made AFTER INSERT ON device WHEN NOT NEW.enabled
BEGIN
  UPDATE product SET disabled_count = disabled_count + 1 WHERE id = NEW.product;
END;
CREATE TRIGGER device_switched AFTER UPDATE OF enabled ON device
WHEN NEW.enabled <> OLD.enabled AND NEW.deleted_ms = 0
BEGIN
  UPDATE product SET disabled_count = disabled_count + OLD.enabled - NEW.enabled,
    disabled_active_count = disabled_active_count + (OLD.enabled - NEW.enabled)
      * EXISTS (SELECT 1 FROM presence WHERE device = NEW.id AND activated_ms <> 0)
    WHERE id = NEW.product;
END;
CREATE TRIGGER device_gone AFTER UPDATE OF deleted_ms ON device
WHEN OLD.deleted_ms = 0 AND NEW.deleted_ms <> 0
BEGIN
  UPDATE product SET disabled_count = disabled_count - NOT OLD.enabled,
    active_count = active_count - (SELECT count(*) FROM presence WHERE device = NEW.id AND activated_ms <> 0),
    online_count = online_count - (SELECT count(*) FROM presence WHERE device = NEW.id AND online <> 0),
    disabled_active_count = disabled_active_count - (NOT OLD.enabled
      AND EXISTS (SELECT 1 FROM presence WHERE device = NEW.id AND activated_ms <> 0))
    WHERE id = NEW.product;
  DELETE FROM device_tag WHERE device = NEW.id;
END;

CREATE TRIGGER member_made AFTER INSERT ON group_member WHEN NEW.left_number = 0
BEGIN
  UPDATE device_group SET
    active_count = active_count +
      (SELECT count(*) FROM presence WHERE device = NEW.device AND activated_ms <> 0),
    online_count = online_count + (SELECT count(*) FROM presence WHERE device = NEW.device AND online <> 0)
    WHERE id = NEW.device_group;
END;
CREATE TRIGGER member_left AFTER UPDATE OF left_number ON group_member
WHEN OLD.left_number = 0 AND NEW.left_number <> 0
BEGIN
  UPDATE device_group SET
    active_count = active_count -
      (SELECT count(*) FROM presence WHERE device = NEW.device AND activated_ms <> 0),
    online_count = online_count - (SELECT count(*) FROM presence WHERE device = NEW.device AND online <> 0)
    WHERE id = NEW.device_group;
END;
CREATE TRIGGER member_gone AFTER DELETE ON group_member WHEN OLD.left_number = 0
BEGIN
  UPDATE device_group SET
    active_count = active_count -
      (SELECT count(*) FROM presence WHERE device = OLD.device AND activated_ms <> 0),
    online_count = online_count - (SELECT count(*) FROM presence WHERE device = OLD.device AND online <> 0)
    WHERE id = OLD.device_group AND deleted_ms = 0;
END;

CREATE TABLE device_tag(
  device INTEGER NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  instance INTEGER NOT NULL,
  PRIMARY KEY(device, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_tag_value ON device_tag(instance, name, value, device);

CREATE TABLE product_topic(
  id INTEGER PRIMARY KEY,
  product INTEGER NOT NULL,
  name TEXT NOT NULL,
  operation INTEGER NOT NULL,
  description TEXT NOT NULL,
  UNIQUE(product, name)
) STRICT;
INSERT INTO product_topic(product, name, operation, description)
  SELECT p.id, t.column1, t.column2, '' FROM product p,
    (VALUES('user/get', 1), ('user/update', 0), ('user/update/error', 0)) t
  WHERE p.deleted_ms = 0 ORDER BY p.id;
INSERT INTO id_counter SELECT 'topic', coalesce(max(id), 0) + 1 FROM product_topic;
)sql";

}  // namespace rollcall::store
