//! `/docs/errors`: the error table as a page, made from the domain's tables.
//!
//! Guarantees: every code of the table is on it under its own anchor, in both languages; a code
//! that is added without a Chinese sentence does not compile.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use rushes_domain::{ErrorCode, FailureCode};

use super::Http;
use super::page::escape;

/// The page.
pub(super) async fn errors(State(http): State<Arc<Http>>) -> Response {
    http.pages.errors.response()
}

/// Its text.
pub(super) fn body() -> String {
    let mut html = String::from(
        "<h1>Errors · <span lang=\"zh\">错误代码</span></h1>\n\
         <p>Every refused request has this body; <code>request_id</code> leads the operator to the \
         log.<br><span lang=\"zh\">被拒绝的请求都返回如下结构;<code>request_id</code> 可供运维查询日志。\
         </span></p>\n\
         <pre><code>{\"code\":\"…\",\"message\":\"…\",\"data\":null,\n \"error\":{\"code\":\"…\",\
         \"message\":\"…\",\"type\":\"…\",\"param\":\"…\",\"request_id\":\"req_…\",\
         \"doc_url\":\"…\"}}</code></pre>\n\
         <table>\n<tr><th>HTTP</th><th>code</th><th>type</th><th>retry · 重试</th><th></th></tr>\n",
    );
    for &code in ErrorCode::ALL {
        let word = code.as_str();
        // Writing to a string cannot fail.
        let _ = writeln!(
            html,
            "<tr id=\"{word}\"><td>{}</td><td><code>{word}</code></td><td><code>{}</code></td>\
             <td>{}</td><td>{}<br><span lang=\"zh\">{}</span></td></tr>",
            code.status(),
            code.kind(),
            yes_no(code.is_retryable()),
            in_code(code.title()),
            in_code(error_in_chinese(code)),
        );
    }
    html.push_str(
        "</table>\n<h2>Failed tasks · <span lang=\"zh\">失败的任务</span></h2>\n\
         <p><code>data.error.code</code> of a task whose <code>data.status</code> is \
         <code>FAILURE</code>.</p>\n\
         <table>\n<tr><th>code</th><th>retry · 重试</th><th></th></tr>\n",
    );
    for &code in FailureCode::ALL {
        let word = code.as_str();
        let _ = writeln!(
            html,
            "<tr id=\"task-{word}\"><td><code>{word}</code></td><td>{}</td>\
             <td>{}.<br><span lang=\"zh\">{}</span></td></tr>",
            yes_no(code.is_retryable()),
            escape(code.sentence()),
            failure_in_chinese(code),
        );
    }
    html.push_str("</table>\n");
    html
}

fn yes_no(is_retryable: bool) -> &'static str {
    if is_retryable { "yes · 是" } else { "no · 否" }
}

/// Escapes, and sets what stands between backticks as code.
fn in_code(text: &str) -> String {
    let mut html = String::new();
    for (index, part) in text.split('`').enumerate() {
        let part = escape(part);
        if index % 2 == 1 {
            let _ = write!(html, "<code>{part}</code>");
        } else {
            html.push_str(&part);
        }
    }
    html
}

fn error_in_chinese(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::InvalidApiKey => "API Key 缺失或无效。请发送 `Authorization: Bearer sk-…`。",
        ErrorCode::ModelNotAllowed => "该 API Key 不能使用此模型,请从 `GET /v1/models` 中选择。",
        ErrorCode::GroupNotAllowed => "账号所在分组不能使用此模型。",
        ErrorCode::InsufficientQuota => "余额不足。错误信息会说明所需金额与剩余金额。",
        ErrorCode::KeyBudgetExceeded => "该 API Key 的预算不足。",
        ErrorCode::IpNotAllowed => "该 API Key 不允许从此地址调用。",
        ErrorCode::AccountDisabled => "账号已停用,请联系网关管理员。",
        ErrorCode::CrossSiteRequest => "请求来自其他网站。请直接打开控制台的地址,或使用 API Key。",
        ErrorCode::NotSignedIn => "请先登录,或使用带有 `manage` 权限的 API Key。",
        ErrorCode::InvalidCredentials => "用户名或密码错误,或登录链接已被使用或过期。",
        ErrorCode::PermissionDenied => "账号角色或 API Key 的权限范围不允许此操作。",
        ErrorCode::ConfirmationRequired => {
            "请重新输入密码:先调用 `POST /api/session/confirm`,再重试。"
        }
        ErrorCode::RegistrationClosed => "账号由网关管理员创建,不开放自助注册。",
        ErrorCode::KeyRevealOff => "API Key 仅在创建时显示一次。如已丢失,请轮换密钥。",
        ErrorCode::Conflict => "名称已被占用,或对象正在使用、状态已改变。",
        ErrorCode::CodeInvalid => "兑换码不存在、已使用、已作废或已过期。",
        ErrorCode::InvalidRequest => "请求无效。错误信息会指出字段与允许的取值。",
        ErrorCode::ModelNotFound => "模型不存在,可用模型见 `GET /v1/models`。",
        ErrorCode::InvalidReferenceImages => "参考图与模型不符,或参考图字段相互冲突。",
        ErrorCode::ImageUrlInvalid => {
            "图片既不是 http(s) 地址,也不是完整的 `data:image/…;base64,` 地址。"
        }
        ErrorCode::ImageUrlBlocked => "图片地址指向不允许访问的主机、协议或端口。",
        ErrorCode::ImageUnsupported => "无法读取图片。支持 PNG、JPEG、WebP 和 GIF。",
        ErrorCode::ImageTooLarge => "图片超过 20 MB 或 4000 万像素。",
        ErrorCode::UrlExpired => "链接已过期。重新查询任务即可得到新链接。",
        ErrorCode::LinkSignatureInvalid => "链接签名无效。请原样使用任务返回的链接。",
        ErrorCode::ResultExpired => "视频已过保存期。",
        ErrorCode::TaskNotExist => "您名下没有这个任务。",
        ErrorCode::NotFound => "此地址不存在。",
        ErrorCode::MethodNotAllowed => "此地址存在,但不支持该方法。",
        ErrorCode::TaskAlreadyTerminal => "任务已经结束,无法取消。",
        ErrorCode::IdempotencyKeyReused => "该幂等键已用于另一个请求。",
        ErrorCode::RequestTimeout => "请求没有在规定时间内传完。",
        ErrorCode::RequestTooLarge => "请求体过大。",
        ErrorCode::UnsupportedMediaType => {
            "不支持该内容类型。请发送 `Content-Type: application/json`。"
        }
        ErrorCode::LoopDetected => "请求在多个网关之间形成了循环。",
        ErrorCode::RateLimited => "请求过于频繁,`Retry-After` 给出可重试的时间。",
        ErrorCode::QueueFull => "等待中的任务过多,请等待部分任务完成。",
        ErrorCode::NoChannel => "目前没有渠道提供此模型。",
        ErrorCode::StorageFull => "网关的存储空间将满,需要管理员清理。",
        ErrorCode::ShuttingDown => "网关正在停止,请稍后重试。",
        ErrorCode::InternalError => "内部错误。管理员可凭 request id 查询日志。",
    }
}

fn failure_in_chinese(code: FailureCode) -> &'static str {
    match code {
        FailureCode::ImageFetchFailed => "图片地址无法抓取,或内容不是可用的图片。",
        FailureCode::Moderated => "请求或结果未通过内容审核。",
        FailureCode::InvalidForUpstream => "模型拒绝了请求参数。",
        FailureCode::UpstreamError => "模型生成失败。",
        FailureCode::UpstreamUnavailable => "模型暂时不可用。",
        FailureCode::UpstreamLost => "模型丢失了该任务。",
        FailureCode::UpstreamSubmitAmbiguous => "模型的应答丢失;为避免重复计费没有再次提交。",
        FailureCode::LoopDetected => "请求在多个网关之间形成了循环。",
        FailureCode::ResultInvalid => "生成的视频无法取回。",
        FailureCode::DeadlineExceeded => "视频没有在时限内完成。",
        FailureCode::Cancelled => "任务已取消。",
        FailureCode::InternalError => "内部错误。",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_anchor() {
        let html = body();
        for code in ErrorCode::ALL {
            assert!(html.contains(&format!("<tr id=\"{}\">", code.as_str())), "{code:?}");
        }
        for code in FailureCode::ALL {
            assert!(html.contains(&format!("id=\"task-{}\"", code.as_str())), "{code:?}");
        }
    }
}
