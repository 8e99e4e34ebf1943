curl http://127.0.0.1:8080/v1/models \
  -H "Authorization: Bearer $RUSHES_API_KEY"
