-- name: GetPost :one
SELECT * FROM posts WHERE id = $1;

-- name: ListPosts :many
SELECT * FROM posts WHERE category_id = $1 AND status = $2 ORDER BY id;

-- name: CountPosts :one
SELECT count(*) FROM posts WHERE category_id = $1;

-- name: PostExists :one
SELECT EXISTS (SELECT 1 FROM posts WHERE status = $1) AS found;

-- name: GetCategory :one
SELECT * FROM categories WHERE id = $1;

-- name: ListCategoryPosts :many
SELECT * FROM posts WHERE category_id = ANY(sqlc.arg(categories)::bigint[]) ORDER BY id;

-- name: GetPostWithCategory :one
SELECT sqlc.embed(posts), sqlc.embed(categories)
FROM posts JOIN categories ON categories.id = posts.category_id
WHERE posts.id = $1;

-- name: ListPostTags :many
SELECT tags.* FROM tags JOIN post_tags ON post_tags.tag_id = tags.id
WHERE post_tags.post_id = $1 ORDER BY tags.id;

-- name: ListTitles :many
SELECT p.title FROM posts p JOIN post_tags pt ON pt.post_id = p.id JOIN tags t ON t.id = pt.tag_id
WHERE t.name = $1 AND p.category_id = $2 ORDER BY p.id;

-- name: CreatePost :one
INSERT INTO posts (category_id, title, status, views, published_at)
VALUES ($1, $2, $3, $4, $5) RETURNING *;

-- name: SetPostTitle :exec
UPDATE posts SET title = $1 WHERE id = $2;

-- name: SetPostStatus :execrows
UPDATE posts SET status = $1 WHERE id = $2;

-- name: SavePost :exec
UPDATE posts SET category_id = $1, title = $2, status = $3, views = $4, published_at = $5 WHERE id = $6;

-- name: UpsertPost :exec
INSERT INTO posts (id, category_id, title, status, views, published_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO UPDATE SET category_id = excluded.category_id, title = excluded.title,
	status = excluded.status, views = excluded.views, published_at = excluded.published_at;

-- name: DeletePost :exec
DELETE FROM posts WHERE id = $1;

-- name: LinkTag :exec
INSERT INTO post_tags (post_id, tag_id) VALUES ($1, $2);

-- name: UnlinkTag :exec
DELETE FROM post_tags WHERE post_id = $1 AND tag_id = $2;

-- name: RenameCategory :exec
UPDATE categories SET name = $1 WHERE id = $2;

-- name: DeleteCategory :exec
DELETE FROM categories WHERE id = $1;

-- name: AddPostViews :exec
UPDATE posts SET views = views + $1 WHERE id = $2;
