-- A relation of each kind: a category has many posts, a post belongs to a
-- category, posts and tags are many to many.
CREATE TABLE categories (
	id   INTEGER PRIMARY KEY,
	name TEXT NOT NULL
);
CREATE TABLE posts (
	id           INTEGER PRIMARY KEY,
	category_id  INTEGER NOT NULL REFERENCES categories (id) ON DELETE CASCADE,
	title        TEXT NOT NULL,
	status       TEXT NOT NULL,
	views        INTEGER NOT NULL DEFAULT 0,
	published_at DATETIME
);
CREATE TABLE tags (
	id   INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE
);
CREATE TABLE post_tags (
	post_id INTEGER NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
	tag_id  INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
	PRIMARY KEY (post_id, tag_id)
);
