-- The same as schema.sql, in the words of MySQL and MariaDB.
CREATE TABLE categories (
	id   bigint AUTO_INCREMENT PRIMARY KEY,
	name varchar(100) NOT NULL
);
CREATE TABLE posts (
	id           bigint AUTO_INCREMENT PRIMARY KEY,
	category_id  bigint NOT NULL,
	title        varchar(200) NOT NULL,
	status       varchar(20) NOT NULL,
	views        bigint NOT NULL DEFAULT 0,
	published_at datetime,
	FOREIGN KEY (category_id) REFERENCES categories (id) ON DELETE CASCADE
);
CREATE TABLE tags (
	id   bigint AUTO_INCREMENT PRIMARY KEY,
	name varchar(100) NOT NULL UNIQUE
);
CREATE TABLE post_tags (
	post_id bigint NOT NULL,
	tag_id  bigint NOT NULL,
	PRIMARY KEY (post_id, tag_id),
	FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE,
	FOREIGN KEY (tag_id) REFERENCES tags (id) ON DELETE CASCADE
);
