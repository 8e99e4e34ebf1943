set -euo pipefail
api=http://127.0.0.1:8080/v1/video/generations
answer=$(mktemp -d)
trap 'rm -r "$answer"' EXIT

call() {
  while :; do
    status=$(curl -sS -D "$answer/head" -o "$answer/body" -w '%{http_code}' \
      -H "Authorization: Bearer $RUSHES_API_KEY" "$@")
    case $status in
      2??) cat "$answer/body"; return ;;
      429 | 503) sleep "$(awk 'tolower($1) == "retry-after:" {print s = $2 + 0}
          END {if (s == "") print 5}' "$answer/head")" ;;
      *) jq -r '"\(.error.code): \(.error.message)"' "$answer/body" >&2; return 1 ;;
    esac
  done
}

task_id=$(call "$api" -H "Content-Type: application/json" \
  -d '{"model": "grok-image-video", "prompt": "A lighthouse in a storm", "seconds": 4}' |
  jq -r .task_id)

while :; do
  task=$(call "$api/$task_id" -H "Prefer: wait=60")
  jq -r '"\(.data.status) \(.data.progress)"' <<< "$task"
  case $(jq -r .data.status <<< "$task") in
    SUCCESS) break ;;
    FAILURE) jq -r .data.fail_reason <<< "$task" >&2; exit 1 ;;
  esac
done

curl -sS --fail -o lighthouse.mp4 "$(jq -r .data.result_url <<< "$task")"
echo lighthouse.mp4
