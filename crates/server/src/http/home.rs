//! `/`: what this is and how to call it, until the console comes.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::Http;
use super::page::escape;

/// The page.
pub(super) async fn home(State(http): State<Arc<Http>>) -> Response {
    http.pages.home.response()
}

/// Its text, with the address under which clients reach this gateway.
pub(super) fn body(public_url: &str) -> String {
    let url = escape(public_url);
    format!(
        r#"<h1>Rushes</h1>
<p>A self-hosted gateway for AI video generation. Send a prompt, get a task, poll it, download the video.<br>
<span lang="zh">自托管的 AI 视频生成网关:提交提示词,得到任务,查询状态,下载视频。</span></p>
<h2>Call it · <span lang="zh">调用</span></h2>
<p>The API keys are in <code>bootstrap.json</code> in the data directory.
<span lang="zh">API Key 在数据目录的 <code>bootstrap.json</code> 里。</span></p>
<pre><code>export RUSHES_API_KEY=sk-…

curl {url}/v1/video/generations \
  -H "Authorization: Bearer $RUSHES_API_KEY" \
  -H "Content-Type: application/json" \
  -d '{{"model":"grok-image-video","prompt":"A red sports car in neon rain","seconds":4}}'

curl {url}/v1/video/generations/TASK_ID \
  -H "Authorization: Bearer $RUSHES_API_KEY" -H "Prefer: wait=30"</code></pre>
<p>The answer's <code>data.status</code> becomes <code>SUCCESS</code> or <code>FAILURE</code>; <code>data.result_url</code> is the video's link, good for an hour.<br>
<span lang="zh">当 <code>data.status</code> 为 <code>SUCCESS</code> 时,<code>data.result_url</code> 就是视频直链,有效期一小时。</span></p>
<p>Until a channel to a real model is added, videos come from the built-in preview renderer, which is not an AI model.<br>
<span lang="zh">在接入真实模型之前,视频由内置的预览渲染器生成,它不是 AI 模型。</span></p>
<ul>
<li><code>GET /v1/models</code></li>
<li><a href="{url}/docs/errors">Errors · <span lang="zh">错误代码</span></a></li>
<li><a href="{url}/healthz"><code>/healthz</code></a> · <a href="{url}/readyz"><code>/readyz</code></a></li>
</ul>
"#
    )
}
