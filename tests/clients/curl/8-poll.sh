curl -X GET "https://api.constreet.cc/v1/video/generations/task_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
-H "Authorization: Bearer <YOUR_API_KEY>"
