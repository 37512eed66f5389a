-- The tables that the statements of dialect/mysql/testdata speak of, as the programs
-- that they come from would have made them: so that the plans of corpus.golden say
-- something.

CREATE TABLE orgs (id bigint PRIMARY KEY, name varchar(99));
CREATE TABLE companies (id bigint AUTO_INCREMENT PRIMARY KEY, deleted_at datetime(3), name varchar(255) NOT NULL);
CREATE TABLE users (id bigint AUTO_INCREMENT PRIMARY KEY, created_at datetime(3), updated_at datetime(3), deleted_at datetime(3), name varchar(255) NOT NULL DEFAULT 'x' UNIQUE, age bigint, company_id bigint, org_id bigint, tenant_id bigint, plan_id bigint, n int, x boolean, i int, b int, email varchar(255), meta json, nick text, INDEX i (i), INDEX (deleted_at), FOREIGN KEY (company_id) REFERENCES companies (id) ON DELETE SET NULL, FOREIGN KEY (org_id) REFERENCES orgs (id));
CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY, user_id bigint NOT NULL, tenant_id bigint, created_at datetime(3), deleted_at datetime(3), status varchar(20) NOT NULL DEFAULT 'new', total decimal(10,2), FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE);
CREATE TABLE items (tenant_id bigint, sku varchar(20), n int, PRIMARY KEY (tenant_id, sku));
CREATE TABLE languages (code varchar(20) PRIMARY KEY, name text);
CREATE TABLE products (id bigint PRIMARY KEY, price int, quantity int, updated_at datetime);
CREATE TABLE jobs (id bigint AUTO_INCREMENT PRIMARY KEY, state varchar(20) NOT NULL, owner varchar(20));
CREATE TABLE accounts (id bigint PRIMARY KEY, balance decimal(10,2));
CREATE TABLE user_groups (user_id bigint, group_id bigint, PRIMARY KEY (user_id, group_id));
CREATE TABLE pets (id bigint PRIMARY KEY, name varchar(99));
CREATE TABLE user_pets (user_id bigint, pet_id bigint, PRIMARY KEY (user_id, pet_id));
CREATE TABLE stats (day date PRIMARY KEY, n int);
CREATE TABLE events (id bigint PRIMARY KEY, created_at datetime);
CREATE TABLE kv (k varchar(99) PRIMARY KEY, v text);
CREATE TABLE plans (id bigint PRIMARY KEY, plan_id bigint);
CREATE TABLE sessions (id bigint PRIMARY KEY, user_id bigint);
CREATE TABLE tokens (id bigint PRIMARY KEY, session_id bigint);
CREATE TABLE logs (id bigint PRIMARY KEY, created_at datetime);
CREATE TABLE cats (id bigint PRIMARY KEY, parent_id bigint);
CREATE TABLE payments (id bigint PRIMARY KEY, user_id bigint, created_at datetime, amount decimal(10,2));
CREATE TABLE docs (id bigint PRIMARY KEY, doc json, title varchar(99), body text, FULLTEXT (title, body));
CREATE TABLE j (id bigint PRIMARY KEY, doc json);
CREATE TABLE posts (id bigint PRIMARY KEY, created_at datetime);
CREATE TABLE admins (user_id bigint PRIMARY KEY);
CREATE TABLE bans (user_id bigint PRIMARY KEY, until datetime);
CREATE TABLE t (id bigint AUTO_INCREMENT PRIMARY KEY, a int, b int, c datetime, d varchar(20), e datetime, f int, g boolean, h int, name varchar(99), note text, x varchar(20), y varchar(20), uid bigint, user_id bigint, deleted_at datetime, INDEX idx_a (a)) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (1000), PARTITION p1 VALUES LESS THAN MAXVALUE);
CREATE TABLE s (x int, y int, z int, a int);
CREATE TABLE u (id bigint PRIMARY KEY);
CREATE TABLE a (id bigint PRIMARY KEY, x int, k int);
CREATE TABLE b (id bigint PRIMARY KEY, x int, k int);
CREATE TABLE c (id bigint PRIMARY KEY, x int, k int);
CREATE TABLE d (id bigint PRIMARY KEY, x int);
CREATE TABLE e (id bigint PRIMARY KEY);
CREATE TABLE f (fid bigint PRIMARY KEY);
CREATE TABLE g (gid bigint PRIMARY KEY);
CREATE TABLE `таблица` (`ключ` int PRIMARY KEY, `日本` int);
CREATE SEQUENCE seq1;
CREATE PROCEDURE do_thing(IN n INT, OUT m INT) SET m = n;
