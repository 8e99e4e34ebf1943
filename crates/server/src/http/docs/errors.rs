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
        let english = format!("{}. {}", code.sentence(), advice(code));
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
        ErrorCode::InvalidApiKey => {
            "API Key 缺失或无效。请发送 `Authorization: Bearer sk-…`。网关首次启动时会把两个 Key 写入 `bootstrap.json`，其余由管理员用 `rushes keys create` 创建。"
        }
        ErrorCode::ModelNotAllowed => "该 API Key 不能使用此模型，请从 `GET /v1/models` 中选择。",
        ErrorCode::GroupNotAllowed => {
            "账户所在分组不能使用此模型。请从 `GET /v1/models` 中选择，或联系管理员。"
        }
        ErrorCode::InsufficientQuota => "余额不足。错误信息会说明所需金额与剩余金额。",
        ErrorCode::KeyBudgetExceeded => {
            "该 API Key 的预算不足。请提高预算、换用其他 Key，或等待：按月预算每月初重新计算。"
        }
        ErrorCode::IpNotAllowed => {
            "该 API Key 不允许从此地址调用。请从 Key 允许的网段调用，或修改该列表。"
        }
        ErrorCode::AccountDisabled => "账户已停用，请联系网关管理员。",
        ErrorCode::CrossSiteRequest => "请求来自其他网站。请使用本网关自己的页面，或使用 API Key。",
        ErrorCode::NotSignedIn => "请先登录，或使用带有 `manage` 权限的 API Key。",
        ErrorCode::InvalidCredentials => "用户名或密码错误，或登录链接已被使用或过期。",
        ErrorCode::PermissionDenied => {
            "账户角色或 API Key 的权限范围不允许此操作。错误信息会说明所需权限：请换用相应的 Key，或联系管理员。"
        }
        ErrorCode::ConfirmationRequired => {
            "请重新输入密码：先调用 `POST /api/session/confirm`，再重试。"
        }
        ErrorCode::RegistrationClosed => "账户由网关管理员创建，不开放自助注册。",
        ErrorCode::KeyRevealOff => "API Key 仅在创建时显示一次。如已丢失，请轮换密钥。",
        ErrorCode::Conflict => {
            "名称已被占用，或对象正在使用、状态已改变。具体见错误信息：请换一个名称，或重新读取对象后再修改。"
        }
        ErrorCode::CodeInvalid => "兑换码不存在、已使用、已作废或已过期。",
        ErrorCode::InvalidRequest => "请求无效。错误信息会指出字段与允许的取值。",
        ErrorCode::ModelNotFound => "模型不存在，可用模型见 `GET /v1/models`。",
        ErrorCode::InvalidReferenceImages => {
            "参考图与模型不符，或参考图字段相互冲突。错误信息会说明如何修改。"
        }
        ErrorCode::ImageUrlInvalid => {
            "图片既不是 http(s) 地址，也不是完整的 `data:image/…;base64,` 地址。"
        }
        ErrorCode::ImageUrlBlocked => {
            "图片地址指向不允许访问的主机、协议或端口。请使用公网可访问的 http(s) 地址，或直接上传图片。"
        }
        ErrorCode::ImageUnsupported => "无法读取图片。支持 PNG、JPEG、WebP 和 GIF。",
        ErrorCode::ImageTooLarge => "图片超过 20 MB 或 4000 万像素。请缩小后重新发送。",
        ErrorCode::UrlExpired => "链接已过期。重新查询任务即可得到新链接。",
        ErrorCode::LinkSignatureInvalid => "链接签名无效。请原样使用任务返回的链接。",
        ErrorCode::ResultExpired => "视频已过保存期。请重新生成，并在 `expires_at` 之前下载。",
        ErrorCode::TaskNotExist => "账户中没有这个任务。请核对 id，并使用创建该任务的账户的 Key。",
        ErrorCode::NotFound => "此地址不存在。请对照 API 参考核对方法和路径。",
        ErrorCode::MethodNotAllowed => "此地址存在，但不支持该方法。",
        ErrorCode::TaskAlreadyTerminal => "任务已经结束，无法取消。",
        ErrorCode::IdempotencyKeyReused => "该幂等键已用于另一个请求。请为每个视频使用新的键。",
        ErrorCode::RequestTimeout => "请求没有在规定时间内传完。请重新发送；网络较慢时请缩小图片。",
        ErrorCode::RequestTooLarge => "请求体过大。请缩小图片，或改用图片地址。",
        ErrorCode::UnsupportedMediaType => {
            "不支持该内容类型。请发送 `Content-Type: application/json`。"
        }
        ErrorCode::LoopDetected => {
            "请求在多个网关之间形成了循环。请告知管理员：有渠道指回了本网关。"
        }
        ErrorCode::RateLimited => "请求过于频繁，`Retry-After` 给出可重试的时间。",
        ErrorCode::QueueFull => "等待中的任务过多，请等待部分任务完成。",
        ErrorCode::NoChannel => {
            "目前没有渠道提供此模型。请稍后重试或换用其他模型；管理员可用 `rushes channels list` 查看原因。"
        }
        ErrorCode::StorageFull => "网关的存储空间将满，需要管理员清理。",
        ErrorCode::ShuttingDown => "网关正在停止，请稍后重试。",
        ErrorCode::InternalError => "内部错误。管理员可凭 request id 查询日志。",
    }
}

/// What to do about it. The first half of a row is the sentence that `fail_reason` has.
fn advice(code: FailureCode) -> &'static str {
    match code {
        FailureCode::ImageFetchFailed => {
            "The address has to give a picture to anybody, without a login; or send the picture itself."
        }
        FailureCode::Moderated => "Change the prompt or the pictures.",
        FailureCode::InvalidForUpstream => {
            "`fail_reason` says what the model did not take: change that, or choose another model."
        }
        FailureCode::UpstreamError => {
            "Create the task again; if it fails again, try another prompt or another model."
        }
        FailureCode::UpstreamUnavailable => "Create the task again in a few minutes.",
        FailureCode::UpstreamLost | FailureCode::UpstreamSubmitAmbiguous => {
            "Create the task again."
        }
        FailureCode::LoopDetected => "Tell the operator: a channel leads back to this gateway.",
        FailureCode::ResultInvalid => {
            "Create the task again; if this happens often, tell the operator."
        }
        FailureCode::DeadlineExceeded => {
            "Create the task again when less is waiting, or ask for a shorter video."
        }
        FailureCode::Cancelled => "Create a new task if you want the video after all.",
        FailureCode::InternalError => {
            "Create the task again; if this happens again, give the operator the task's id."
        }
    }
}

fn failure_in_chinese(code: FailureCode) -> &'static str {
    match code {
        FailureCode::ImageFetchFailed => {
            "图片地址无法抓取，或内容不是可用的图片。地址必须无需登录即可访问；也可以直接上传图片。"
        }
        FailureCode::Moderated => "请求或结果未通过内容审核。请修改提示词或图片。",
        FailureCode::InvalidForUpstream => {
            "模型拒绝了请求参数。请按 `fail_reason` 修改参数，或换用其他模型。"
        }
        FailureCode::UpstreamError => {
            "模型生成失败。请重新创建任务；如再次失败，请更换提示词或模型。"
        }
        FailureCode::UpstreamUnavailable => "模型暂时不可用。请几分钟后重新创建任务。",
        FailureCode::UpstreamLost => "模型丢失了该任务。请重新创建任务。",
        FailureCode::UpstreamSubmitAmbiguous => {
            "模型的应答丢失；为避免重复计费没有再次提交。请重新创建任务。"
        }
        FailureCode::LoopDetected => {
            "请求在多个网关之间形成了循环。请告知管理员：有渠道指回了本网关。"
        }
        FailureCode::ResultInvalid => {
            "生成的视频无法取回。请重新创建任务；如经常出现，请告知管理员。"
        }
        FailureCode::DeadlineExceeded => {
            "视频没有在时限内完成。请在排队较少时重新创建任务，或缩短视频时长。"
        }
        FailureCode::Cancelled => "任务已取消。如仍需要视频，请重新创建任务。",
        FailureCode::InternalError => {
            "内部错误。请重新创建任务；如再次出现，请把任务 id 告知管理员。"
        }
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
