// A backend in memory that speaks HTTP/2, for tests of ClientConnection: a server's session of the library, which keeps
// what was requested of it and answers as it is set to.
#pragma once

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "h2/session.hpp"

namespace ferrotunnel::test {

using H2Fields = std::vector<std::pair<std::string, std::string>>;

class H2Backend {
public:
    struct Stream {
        H2Fields fields;
        H2Fields trailers;
        std::string body;
        bool has_head = false;
        bool ended = false;
        bool closed = false;
        std::uint32_t code = 0;
        // The answer that goes out.
        std::string answer;
        H2Fields answer_trailers;
        bool answer_ends = false;
        bool sends_body = false;

        std::string field(std::string_view name) const {
            for (const auto& [key, value] : fields) {
                if (key == name) {
                    return value;
                }
            }
            return {};
        }
    };
    /// Called when the head of a request has come.
    std::function<void(std::int32_t)> on_request = [](std::int32_t) {};
    /// Called when a request has ended.
    std::function<void(std::int32_t)> on_request_end = [](std::int32_t) {};

    explicit H2Backend(std::uint32_t window = 65'535) {
        nghttp2_session_callbacks* callbacks = nullptr;
        nghttp2_session_callbacks_new(&callbacks);
        nghttp2_session_callbacks_set_on_header_callback(
            callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                          const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* self) {
                Stream& stream = at(self).streams[frame->hd.stream_id];
                (stream.has_head ? stream.trailers : stream.fields)
                    .emplace_back(std::string(reinterpret_cast<const char*>(name), name_size),
                                  std::string(reinterpret_cast<const char*>(value), value_size));
                return 0;
            });
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
            callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data, std::size_t size,
                          void* self) {
                at(self).streams[id].body.append(reinterpret_cast<const char*>(data), size);
                return 0;
            });
        nghttp2_session_callbacks_set_on_frame_recv_callback(
            callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
                at(self).on_frame(*frame);
                return 0;
            });
        nghttp2_session_callbacks_set_on_stream_close_callback(
            callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t code, void* self) {
                at(self).streams[id].closed = true;
                at(self).streams[id].code = code;
                return 0;
            });
        nghttp2_session* made = nullptr;
        nghttp2_option* option = nullptr;
        nghttp2_option_new(&option);
        nghttp2_option_set_max_send_header_block_length(option, 1'000'000);
        nghttp2_session_server_new2(&made, callbacks, this, option);
        nghttp2_option_del(option);
        nghttp2_session_callbacks_del(callbacks);
        session.reset(made);
        const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window};
        nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, &entry, 1);
    }

    bool receive(std::string_view bytes) {
        return nghttp2_session_mem_recv(session.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                        bytes.size()) == static_cast<ssize_t>(bytes.size());
    }
    std::string output() {
        std::string all;
        const std::uint8_t* bytes = nullptr;
        for (ssize_t size = 0; (size = nghttp2_session_mem_send(session.get(), &bytes)) > 0;) {
            all.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
        }
        return all;
    }

    void interim(std::int32_t id, const H2Fields& fields) {
        const std::vector<nghttp2_nv> list = as_list(fields);
        nghttp2_submit_headers(session.get(), NGHTTP2_FLAG_NONE, id, nullptr, list.data(), list.size(), nullptr);
    }
    /// Begins an answer; say() and end() follow, unless `last`.
    void answer(std::int32_t id, const H2Fields& fields, bool last = false) {
        const std::vector<nghttp2_nv> list = as_list(fields);
        nghttp2_data_provider provider{};
        provider.read_callback = [](nghttp2_session* own, std::int32_t stream_id, std::uint8_t* into, std::size_t size,
                                    std::uint32_t* flags, nghttp2_data_source*, void* self) {
            Stream& stream = at(self).streams[stream_id];
            const std::size_t n = std::min(size, stream.answer.size());
            std::copy_n(stream.answer.data(), n, into);
            stream.answer.erase(0, n);
            if (stream.answer.empty() && stream.answer_ends) {
                *flags |= NGHTTP2_DATA_FLAG_EOF;
                if (!stream.answer_trailers.empty()) {
                    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
                    const std::vector<nghttp2_nv> last_list = as_list(stream.answer_trailers);
                    nghttp2_submit_trailer(own, stream_id, last_list.data(), last_list.size());
                }
            } else if (n == 0) {
                return static_cast<ssize_t>(NGHTTP2_ERR_DEFERRED);
            }
            return static_cast<ssize_t>(n);
        };
        nghttp2_submit_response(session.get(), id, list.data(), list.size(), last ? nullptr : &provider);
    }
    void say(std::int32_t id, std::string_view bytes) {
        streams[id].answer.append(bytes);
        nghttp2_session_resume_data(session.get(), id);
    }
    void end(std::int32_t id, H2Fields trailers = {}) {
        streams[id].answer_ends = true;
        streams[id].answer_trailers = std::move(trailers);
        nghttp2_session_resume_data(session.get(), id);
    }
    void reset(std::int32_t id, std::uint32_t code) {
        nghttp2_submit_rst_stream(session.get(), NGHTTP2_FLAG_NONE, id, code);
    }
    void go_away(std::int32_t last, std::uint32_t code = NGHTTP2_NO_ERROR) {
        nghttp2_submit_goaway(session.get(), NGHTTP2_FLAG_NONE, last, code, nullptr, 0);
    }

    std::map<std::int32_t, Stream> streams;
    std::size_t goaways = 0;
    h2::Session session;

private:
    static H2Backend& at(void* self) { return *static_cast<H2Backend*>(self); }
    static std::uint8_t* bytes_of(const std::string& text) {
        return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
    }
    static std::vector<nghttp2_nv> as_list(const H2Fields& fields) {
        std::vector<nghttp2_nv> list;
        for (const auto& [name, value] : fields) {
            list.push_back({bytes_of(name), bytes_of(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
        }
        return list;
    }
    void on_frame(const nghttp2_frame& frame) {
        const bool ends = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        if (frame.hd.type == NGHTTP2_GOAWAY) {
            ++goaways;
        } else if (frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA) {
            Stream& stream = streams[frame.hd.stream_id];
            const bool is_head = frame.hd.type == NGHTTP2_HEADERS && !stream.has_head;
            stream.has_head = true;
            stream.ended = stream.ended || ends;
            if (is_head) {
                on_request(frame.hd.stream_id);
            }
            if (ends) {
                on_request_end(frame.hd.stream_id);
            }
        }
    }
};

}  // namespace ferrotunnel::test
