"""Words and vectors of a knowledge base on Milvus, sharded and replicated there, with the results of every other engine.

A cluster needs Milvus 2.4 or later and nothing of its own set up: an address (`http://host:19530`, `https://user:password@host`
or `https://:token@host`, with a database of Milvus as path: `/hospital`), and a user who may create, load, write and drop
collections in that database. Those of one knowledge base begin with `medrag_` and its name; two knowledge bases of one name
need two databases of Milvus. Sizing, shards and replicas are Milvus' own settings. A path that ends in `.db` is a file of
milvus-lite, which one process at a time can open (`milvus-lite server` serves it to several).

Words are a sparse vector of what BM25 makes of each token, searched by inner product with the weights of the question's tokens,
and not Milvus' own BM25 function. That one's statistics are of all rows it holds (other commits' too; in milvus-lite, of one
segment), it cannot weigh a token otherwise for a restricted view, and its analyzers differ between servers: nobody could tell
how far down its list one of the ten best passages may be. (Of 200 questions on 8,000 passages its first 20 lacked one of them in
nine, its first 60 in one.) Here that is known, so the first ten are exact on any server.
"""
