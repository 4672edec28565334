#include "exchange/request_sender.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/limits.hpp"
#include "exchange/rewriting.hpp"
#include "http/chunked.hpp"

namespace ferrotunnel::exchange {
namespace {

/// Copies `bytes` in pieces for DATA frames, each with room for the frame's header before it, and gives them to `take`.
template <typename Take>
void copy_framed(std::string_view bytes, const Take& take) {
    constexpr std::size_t header = limits::frame_header_bytes;
    const std::size_t frames = (bytes.size() + limits::data_payload_max - 1) / limits::data_payload_max;
    buffer::SlabPtr slab = buffer::make_slab(static_cast<std::uint32_t>(bytes.size() + frames * header));
    std::size_t at = 0;
    while (!bytes.empty()) {
        const std::size_t n = std::min(bytes.size(), limits::data_payload_max);
        at += header;
        std::memcpy(slab->data() + at, bytes.data(), n);
        take(buffer::Slice(slab, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(n)));
        bytes.remove_prefix(n);
        at += n;
    }
}

}  // namespace

bool RequestSender::keep_head(std::size_t size) {
    copy_framed({at_.edge.head_room().data(), size},
                [this](buffer::Slice piece) { retry_buffer_.add_head(std::move(piece)); });
    return at_.edge.retry_memory.now <= RetryMemory::waiting_max;
}

bool RequestSender::can_send_now() {
    while (!stream_->can_send()) {
        // After a reset the response ends with the reset, which reports the failure.
        if (stream_->send_is_dead() || stream_->park_send()) {
            return false;
        }
    }
    return stream_->may_send_now();
}

void RequestSender::send_body(buffer::Slice payload, bool headroom) {
    if (at_.request.body.kind == http::BodyKind::chunked) {
        const http::ChunkHead chunk(payload.size());
        std::string text(chunk_open_ ? http::chunk_end : std::string_view());
        send_text(text.append(chunk.text()));
        chunk_open_ = true;
    }
    send(std::move(payload), headroom);
}

void RequestSender::send_last_chunk(const http::Fields* trailers, const hooks::HttpRun* run) {
    std::string text(std::exchange(chunk_open_, false) ? http::chunk_end : std::string_view());
    if (trailers == nullptr || trailers->empty()) {
        send_text(text.append(http::last_chunk));
        return;
    }
    const TrailerRules rules{at_.request.service->description().rules.request_headers, run,
                             &hooks::HttpRun::put_request};
    send_text(text.append(write_trailers(*trailers, rules, at_.request.connection_options, at_.edge)));
}

void RequestSender::send_text(std::string_view text) {
    copy_framed(text, [this](buffer::Slice piece) { send(std::move(piece), true); });
}

void RequestSender::send(buffer::Slice payload, bool headroom) {
    const bool is_sent = route_ != Route::copy;  // otherwise all of it is sent when there is a connection
    retry_buffer_.add_body(payload, at_.edge.settings().replay_bytes, is_sent);
    if (has_stream()) {
        stream_->send(std::move(payload), headroom);
    }
}

void RequestSender::flush_stream() {
    if (std::exchange(chunk_open_, false)) {
        send_text(http::chunk_end);
    }
    stream_->flush();
}

// The first copy has room for the frame's header; in a second one, the earlier connection may still use that room.
void RequestSender::replay(bool is_first) {
    retry_buffer_.for_each(
        [this, is_first](buffer::Slice piece, bool is_head) { stream_->send(std::move(piece), is_head && is_first); });
    stream_->flush();
}

}  // namespace ferrotunnel::exchange
