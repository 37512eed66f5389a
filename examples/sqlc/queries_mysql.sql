-- name: GetPost :one
SELECT * FROM posts WHERE id = ?;

-- name: ListPosts :many
SELECT * FROM posts WHERE category_id = ? AND status = ? ORDER BY id;

-- name: CountPosts :one
SELECT count(*) FROM posts WHERE category_id = ?;

-- name: PostExists :one
SELECT EXISTS (SELECT 1 FROM posts WHERE status = ?) AS found;

-- name: GetCategory :one
SELECT * FROM categories WHERE id = ?;

-- name: ListCategoryPosts :many
SELECT * FROM posts WHERE category_id IN (sqlc.slice('categories')) ORDER BY id;

-- name: GetPostWithCategory :one
SELECT sqlc.embed(posts), sqlc.embed(categories)
FROM posts JOIN categories ON categories.id = posts.category_id
WHERE posts.id = ?;

-- name: ListPostTags :many
SELECT tags.* FROM tags JOIN post_tags ON post_tags.tag_id = tags.id
WHERE post_tags.post_id = ? ORDER BY tags.id;

-- name: ListTitles :many
SELECT p.title FROM posts p JOIN post_tags pt ON pt.post_id = p.id JOIN tags t ON t.id = pt.tag_id
WHERE t.name = ? AND p.category_id = ? ORDER BY p.id;

-- name: CreatePost :execlastid
INSERT INTO posts (category_id, title, status, views, published_at)
VALUES (?, ?, ?, ?, ?);

-- name: SetPostTitle :exec
UPDATE posts SET title = ? WHERE id = ?;

-- name: SetPostStatus :execrows
UPDATE posts SET status = ? WHERE id = ?;

-- name: SavePost :exec
UPDATE posts SET category_id = ?, title = ?, status = ?, views = ?, published_at = ? WHERE id = ?;

-- name: UpsertPost :exec
INSERT INTO posts (id, category_id, title, status, views, published_at) VALUES (?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE category_id = VALUES(category_id), title = VALUES(title),
	status = VALUES(status), views = VALUES(views), published_at = VALUES(published_at);

-- name: DeletePost :exec
DELETE FROM posts WHERE id = ?;

-- name: LinkTag :exec
INSERT INTO post_tags (post_id, tag_id) VALUES (?, ?);

-- name: UnlinkTag :exec
DELETE FROM post_tags WHERE post_id = ? AND tag_id = ?;

-- name: RenameCategory :exec
UPDATE categories SET name = ? WHERE id = ?;

-- name: DeleteCategory :exec
DELETE FROM categories WHERE id = ?;

-- name: AddPostViews :exec
UPDATE posts SET views = views + ? WHERE id = ?;
