// The library's callbacks of a connection to a backend, and its setup.
#include <algorithm>
#include <array>
#include <exception>

#include "h2/client_connection.hpp"
#include "h2/session_memory.hpp"

namespace ferrotunnel::h2 {
namespace {

constexpr std::size_t told_max = 200;

ClientConnection& at(void* self) {
    return *static_cast<ClientConnection*>(self);
}

// Exceptions must not pass through the library, which is written in C; it then ends the session.
template <typename Action>
int guarded(Action action) noexcept {
    try {
        return action();
    } catch (const std::exception&) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
}

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

Session ClientConnection::make_session(ClientConnection& self) {
    nghttp2_session_callbacks* made = nullptr;
    require(nghttp2_session_callbacks_new(&made));
    const CallbacksPtr callbacks(made);
    nghttp2_session_callbacks_set_on_header_callback(made, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(made, on_not_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, on_stream_close);
    nghttp2_session_callbacks_set_error_callback2(made, on_error);

    nghttp2_option* option_made = nullptr;
    require(nghttp2_option_new(&option_made));
    const OptionPtr option(option_made);
    nghttp2_option_set_no_auto_window_update(option_made, 1);
    nghttp2_option_set_no_http_messaging(option_made, 1);  // see answer_rules.hpp
    nghttp2_option_set_max_send_header_block_length(option_made, 2 * limits::h2_backend_request_head_max);

    nghttp2_session* session = nullptr;
    require(nghttp2_session_client_new3(&session, made, &self, option_made, &session_memory()));
    Session owned(session);
    const std::array<nghttp2_settings_entry, 3> settings{{
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits::h2_backend_window},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits::h2_backend_head_max)},
    }};
    require(nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size()));
    require(nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, limits::h2_backend_connection_window));
    return owned;
}

int ClientConnection::on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                                std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                                void* self) {
    return guarded([&] {
        ClientConnection& own = at(self);
        if (!own.is_ours(frame->hd.stream_id) || own.failure_) {
            return 0;
        }
        const AnswerRules::Verdict verdict = own.rules_.field(text_of(name, name_size), text_of(value, value_size));
        if (verdict == AnswerRules::Verdict::malformed) {
            own.fail_malformed(text_of(name, name_size));
        }
        if (verdict != AnswerRules::Verdict::keep ||
            own.answer_.field(text_of(name, name_size), text_of(value, value_size))) {
            return 0;
        }
        own.last_error_ = "its response has too many or too large header fields";
        return static_cast<int>(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE);  // only this stream is reset
    });
}

int ClientConnection::on_data(nghttp2_session* session, std::uint8_t, std::int32_t stream, const std::uint8_t* data,
                              std::size_t size, void* self) {
    return guarded([&] {
        ClientConnection& own = at(self);
        const bool is_wanted = own.is_ours(stream) && !own.failure_ && own.require_valid(own.rules_.data(size));
        const std::size_t taken = is_wanted ? own.answer_.data({data, size}) : size;
        return taken == 0 ? 0 : nghttp2_session_consume(session, stream, taken);
    });
}

int ClientConnection::on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    return guarded([&] {
        ClientConnection& own = at(self);
        const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        switch (frame->hd.type) {
            case NGHTTP2_SETTINGS:
                own.has_spoken_ = true;
                break;
            case NGHTTP2_GOAWAY:
                own.last_ = true;
                break;
            case NGHTTP2_HEADERS:
                if (own.is_ours(frame->hd.stream_id) && own.require_valid(own.rules_.end_of_fields(ends))) {
                    own.answer_.has_head() ? own.answer_.end() : own.answer_.end_of_head(ends, own.last_);
                }
                break;
            case NGHTTP2_DATA:
                if (own.is_ours(frame->hd.stream_id) && ends && own.require_valid(own.rules_.end())) {
                    own.answer_.end();
                }
                break;
            default:
                break;
        }
        return 0;
    });
}

int ClientConnection::on_not_sent(nghttp2_session*, const nghttp2_frame* frame, int error, void* self) {
    return guarded([&] {
        ClientConnection& own = at(self);
        if (frame->hd.type == NGHTTP2_HEADERS && own.is_ours(frame->hd.stream_id) && !own.left_) {
            own.fail(std::string("the request cannot be sent: ") + nghttp2_strerror(error), true);
        }
        return 0;
    });
}

int ClientConnection::on_error(nghttp2_session*, int, const char* text, std::size_t size, void* self) {
    return guarded([&] {
        at(self).last_error_.assign(text, std::min(size, told_max));
        return 0;
    });
}

// A fatal error from here would leak memory of the library: nothing essential may throw here.
int ClientConnection::on_stream_close(nghttp2_session*, std::int32_t stream, std::uint32_t code, void* self) {
    (void)guarded([&] {
        if (at(self).is_ours(stream)) {
            at(self).stream_closed(code);
        }
        return 0;
    });
    return 0;
}

ssize_t ClientConnection::on_read_body(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t size,
                                       std::uint32_t* flags, nghttp2_data_source*, void* self) {
    try {
        return at(self).read_body(into, size, *flags);
    } catch (const std::exception&) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
}

}  // namespace ferrotunnel::h2
