set -euo pipefail
api=http://127.0.0.1:8080/v1/video/generations
auth="Authorization: Bearer $RUSHES_API_KEY"

task_id=$(curl -sS --fail-with-body "$api" \
  -H "$auth" -H "Content-Type: application/json" \
  -d '{"model": "grok-image-video", "prompt": "A lighthouse in a storm", "seconds": 4}' |
  jq -r .task_id)

while :; do
  task=$(curl -sS --fail-with-body "$api/$task_id" -H "$auth" -H "Prefer: wait=60")
  case $(jq -r .data.status <<< "$task") in
    SUCCESS) break ;;
    FAILURE) jq -r .data.fail_reason <<< "$task" >&2; exit 1 ;;
  esac
done

curl -sS --fail -o lighthouse.mp4 "$(jq -r .data.result_url <<< "$task")"
echo lighthouse.mp4
