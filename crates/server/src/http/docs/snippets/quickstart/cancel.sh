curl -X POST "http://127.0.0.1:8080/v1/video/generations/$TASK_ID/cancel" \
  -H "Authorization: Bearer $RUSHES_API_KEY"
