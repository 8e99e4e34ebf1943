curl -X DELETE "http://127.0.0.1:8080/v1/video/generations/$TASK_ID" \
  -H "Authorization: Bearer $RUSHES_API_KEY"
