//! Sizes as people read them.

/// Bytes in binary units, rounded.
pub(crate) fn size(bytes: u64) -> String {
    const MEBIBYTE: u64 = 1024 * 1024;
    let mebibytes = bytes / MEBIBYTE;
    if mebibytes == 0 {
        format!("{} KiB", bytes.div_ceil(1024))
    } else if mebibytes < 1024 {
        format!("{mebibytes} MiB")
    } else {
        format!("{}.{} GiB", mebibytes / 1024, mebibytes % 1024 * 10 / 1024)
    }
}
