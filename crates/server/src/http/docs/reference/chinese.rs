//! The reference's own words in Chinese: groups, and what each operation of `/v1` does.
//!
//! Guarantees: a test holds the names against the document, so that none is left behind. What has
//! no entry is told in the document's English.

/// Name and description of a group of operations.
pub(super) fn tag(name: &str) -> Option<(&'static str, &'static str)> {
    let texts = match name {
        "videos" => ("视频任务", "创建视频，跟踪进度，取回结果。"),
        "models" => ("模型", "能生成什么，价格多少。"),
        "openai" => ("OpenAI 风格", "同样的任务，采用 OpenAI Videos 接口的字段，供其 SDK 使用。"),
        "xai" => ("xAI 风格", "同样的任务，采用 xAI 接口的字段，供其 SDK 使用。"),
        "session" => ("会话", "登录与退出。"),
        "account" => ("账户", "自己的账户、会话与资金。"),
        "keys" => ("API Key", "管理 API Key。"),
        "usage" => ("用量", "生成了什么，花了多少。"),
        "webhooks" => ("Webhook", "接收视频事件通知的地址。"),
        "operators" => ("运营", "供管理员使用：账户、分组、兑换码、资金。"),
        "channels" => ("渠道", "供管理员使用：生成视频的上游。"),
        "settings" => ("设置", "供管理员使用：模型、价格、设置、系统、审计日志。"),
        "service" => ("服务", "供进程管理、负载均衡与监控使用。"),
        _ => return None,
    };
    Some(texts)
}

/// What an operation does, in place of its summary.
pub(super) fn summary(operation_id: &str) -> Option<&'static str> {
    SUMMARIES.iter().find(|(id, _)| *id == operation_id).map(|(_, text)| *text)
}

/// By operation.
pub(super) const SUMMARIES: [(&str, &str); 22] = [
    ("createVideo", "创建视频任务：响应给出任务编号，任务随后自行推进。"),
    ("listVideos", "列出本账户的任务，最新的在前。"),
    ("estimateVideo", "预估一个视频的费用，以及此刻是否会被受理。不创建任务，也不计入任何限额。"),
    ("getVideo", "查询任务。带上 `Prefer: wait=N` 时，最多等待 N 秒，直到任务结束再响应。"),
    ("deleteVideo", "删除任务：未结束的先取消，之后任务和文件都不再可见。"),
    ("cancelVideo", "取消任务，费用退回。"),
    ("followVideo", "以服务器推送事件（SSE）跟踪任务。"),
    ("getFile", "凭任务给出的签名链接，取得视频或封面图。"),
    ("listModels", "列出此 Key 可用且目前有渠道提供的模型。"),
    ("getModel", "按 id 或别名查询一个模型。"),
    ("openaiListVideos", "列出本账户的视频，不论通过哪种接口创建。"),
    ("openaiCreateVideo", "按 OpenAI Videos 接口的方式创建视频。"),
    ("openaiGetVideo", "查询视频，按编号写法所属的接口风格返回。"),
    ("openaiDeleteVideo", "删除视频：未结束的先取消，之后视频和文件都不再可见。"),
    ("openaiGetVideoContent", "取得视频内容，或它的一张图片。"),
    ("xaiCreateVideo", "按 xAI 接口的方式创建视频。"),
    ("xaiListModels", "以 xAI 接口的字段列出此 Key 可用的模型。"),
    ("xaiGetModel", "以 xAI 接口的字段查询一个模型。"),
    ("getHealth", "进程是否存活。"),
    ("getReadiness", "能否提供服务：没有在停止，数据库可写，存储有响应。"),
    ("getMetrics", "Prometheus 指标。"),
    ("getOpenApi", "本接口文档（OpenAPI 3.1）。"),
];
