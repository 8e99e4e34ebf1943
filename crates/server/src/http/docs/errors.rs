//! The tables of `/docs/errors`, made from the domain's tables.
//!
//! Guarantees: every code is in them under its own anchor, which is what a `doc_url` names; a code
//! that is added without a Chinese sentence does not compile.

use std::fmt::Write as _;

use rushes_domain::{ErrorCode, FailureCode};

use super::html::escape;
use super::language::Language;
use super::markdown::{in_scroll, inline};

/// Refused requests. What matters most stands first, where a narrow screen shows it.
pub(super) fn refusals(language: Language, section: &str) -> String {
    let mut rows = head(language, &["HTTP", "type"]);
    for &code in ErrorCode::ALL {
        let word = code.as_str();
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(
            rows,
            "<tr id=\"{word}\"><td><code>{word}</code></td><td class=\"say\">{}</td><td>{}</td>\
             <td>{}</td><td><code>{}</code></td></tr>",
            text(language, code.title(), error_in_chinese(code)),
            yes_no(language, code.is_retryable()),
            code.status(),
            code.kind(),
        );
    }
    in_scroll(&format!("{rows}</tbody>"), section)
}

/// Tasks that ended without a video.
pub(super) fn failures(language: Language, section: &str) -> String {
    let mut rows = head(language, &[]);
    for &code in FailureCode::ALL {
        let word = code.as_str();
        let english = format!("{}.", code.sentence());
        let _ = writeln!(
            rows,
            "<tr id=\"task-{word}\"><td><code>{word}</code></td><td class=\"say\">{}</td>\
             <td>{}</td></tr>",
            text(language, &english, failure_in_chinese(code)),
            yes_no(language, code.is_retryable()),
        );
    }
    in_scroll(&format!("{rows}</tbody>"), section)
}

fn head(language: Language, more: &[&str]) -> String {
    let first = ["code", language.pick("what it means", "含义"), language.pick("again", "可重试")];
    let cells = first.iter().chain(more).map(|name| format!("<th scope=\"col\">{name}</th>"));
    format!("<thead><tr>{}</tr></thead><tbody>\n", cells.collect::<String>())
}

fn yes_no(language: Language, is_retryable: bool) -> &'static str {
    if is_retryable { language.pick("yes", "是") } else { language.pick("no", "否") }
}

/// A sentence in which code stands between backticks.
fn text(language: Language, english: &str, chinese: &str) -> String {
    let sentence = match language {
        Language::English => english,
        Language::Chinese => chinese,
    };
    inline(sentence, &escape)
}

fn error_in_chinese(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::InvalidApiKey => "API Key 缺失或无效。请发送 `Authorization: Bearer sk-…`。",
        ErrorCode::ModelNotAllowed => "该 API Key 不能使用此模型，请从 `GET /v1/models` 中选择。",
        ErrorCode::GroupNotAllowed => "账号所在分组不能使用此模型。",
        ErrorCode::InsufficientQuota => "余额不足。错误信息会说明所需金额与剩余金额。",
        ErrorCode::KeyBudgetExceeded => "该 API Key 的预算不足。",
        ErrorCode::IpNotAllowed => "该 API Key 不允许从此地址调用。",
        ErrorCode::AccountDisabled => "账号已停用，请联系网关管理员。",
        ErrorCode::CrossSiteRequest => "请求来自其他网站。请直接打开控制台的地址，或使用 API Key。",
        ErrorCode::NotSignedIn => "请先登录，或使用带有 `manage` 权限的 API Key。",
        ErrorCode::InvalidCredentials => "用户名或密码错误，或登录链接已被使用或过期。",
        ErrorCode::PermissionDenied => "账号角色或 API Key 的权限范围不允许此操作。",
        ErrorCode::ConfirmationRequired => {
            "请重新输入密码：先调用 `POST /api/session/confirm`，再重试。"
        }
        ErrorCode::RegistrationClosed => "账号由网关管理员创建，不开放自助注册。",
        ErrorCode::KeyRevealOff => "API Key 仅在创建时显示一次。如已丢失，请轮换密钥。",
        ErrorCode::Conflict => "名称已被占用，或对象正在使用、状态已改变。",
        ErrorCode::CodeInvalid => "兑换码不存在、已使用、已作废或已过期。",
        ErrorCode::InvalidRequest => "请求无效。错误信息会指出字段与允许的取值。",
        ErrorCode::ModelNotFound => "模型不存在，可用模型见 `GET /v1/models`。",
        ErrorCode::InvalidReferenceImages => "参考图与模型不符，或参考图字段相互冲突。",
        ErrorCode::ImageUrlInvalid => {
            "图片既不是 http(s) 地址，也不是完整的 `data:image/…;base64,` 地址。"
        }
        ErrorCode::ImageUrlBlocked => "图片地址指向不允许访问的主机、协议或端口。",
        ErrorCode::ImageUnsupported => "无法读取图片。支持 PNG、JPEG、WebP 和 GIF。",
        ErrorCode::ImageTooLarge => "图片超过 20 MB 或 4000 万像素。",
        ErrorCode::UrlExpired => "链接已过期。重新查询任务即可得到新链接。",
        ErrorCode::LinkSignatureInvalid => "链接签名无效。请原样使用任务返回的链接。",
        ErrorCode::ResultExpired => "视频已过保存期。",
        ErrorCode::TaskNotExist => "您名下没有这个任务。",
        ErrorCode::NotFound => "此地址不存在。",
        ErrorCode::MethodNotAllowed => "此地址存在，但不支持该方法。",
        ErrorCode::TaskAlreadyTerminal => "任务已经结束，无法取消。",
        ErrorCode::IdempotencyKeyReused => "该幂等键已用于另一个请求。",
        ErrorCode::RequestTimeout => "请求没有在规定时间内传完。",
        ErrorCode::RequestTooLarge => "请求体过大。",
        ErrorCode::UnsupportedMediaType => {
            "不支持该内容类型。请发送 `Content-Type: application/json`。"
        }
        ErrorCode::LoopDetected => "请求在多个网关之间形成了循环。",
        ErrorCode::RateLimited => "请求过于频繁，`Retry-After` 给出可重试的时间。",
        ErrorCode::QueueFull => "等待中的任务过多，请等待部分任务完成。",
        ErrorCode::NoChannel => "目前没有渠道提供此模型。",
        ErrorCode::StorageFull => "网关的存储空间将满，需要管理员清理。",
        ErrorCode::ShuttingDown => "网关正在停止，请稍后重试。",
        ErrorCode::InternalError => "内部错误。管理员可凭 request id 查询日志。",
    }
}

fn failure_in_chinese(code: FailureCode) -> &'static str {
    match code {
        FailureCode::ImageFetchFailed => "图片地址无法抓取，或内容不是可用的图片。",
        FailureCode::Moderated => "请求或结果未通过内容审核。",
        FailureCode::InvalidForUpstream => "模型拒绝了请求参数。",
        FailureCode::UpstreamError => "模型生成失败。",
        FailureCode::UpstreamUnavailable => "模型暂时不可用。",
        FailureCode::UpstreamLost => "模型丢失了该任务。",
        FailureCode::UpstreamSubmitAmbiguous => "模型的应答丢失；为避免重复计费没有再次提交。",
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
    fn every_code_has_its_anchor_in_both_languages() {
        for language in Language::ALL {
            let html = refusals(language, "a") + &failures(language, "b");
            for code in ErrorCode::ALL {
                assert!(html.contains(&format!("<tr id=\"{}\">", code.as_str())), "{code:?}");
            }
            for code in FailureCode::ALL {
                assert!(html.contains(&format!("id=\"task-{}\"", code.as_str())), "{code:?}");
            }
        }
    }
}
