curl http://127.0.0.1:8080/v1/videos \
  -H "Authorization: Bearer $RUSHES_API_KEY" \
  -F model=sora-2 \
  -F prompt="A kite over the dunes" \
  -F seconds=4 \
  -F size=1280x720
