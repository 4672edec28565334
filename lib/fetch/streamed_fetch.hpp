// A request to an external HTTP server whose response may never end: its body is passed on as it arrives.
//
//     beginning --timer--> connecting --> awaiting the head --head--> streaming --> ended --timer--> reported
//          \                   \                  \______________________\____ failed --> ended
//           \___________________\____ no head in time --> ended
//
// The connection is its own, and is closed at the end. No time limits the body: a caller who expects something
// regularly needs a timer.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "fetch/connection.hpp"
#include "fetch/message.hpp"
#include "http/body_reader.hpp"
#include "http/response_parser.hpp"
#include "runtime/timer.hpp"

namespace ferrotunnel::fetch {

/// Lives on its worker.
class StreamedFetch {
public:
    /// None is called from within the constructor.
    struct Handlers {
        /// Once, before the body: status and fields.
        std::function<void(const Response&)> head;
        /// The next bytes of the body. It may call stop(), but not destroy the request.
        std::function<void(std::string_view)> bytes;
        /// Once; it may destroy the request. Empty: the body is complete.
        std::function<void(const std::string& error)> ended;
    };

    /// Of `bounds`, `time` is for the head, and `body_max` is not used.
    StreamedFetch(runtime::Worker& worker, Request request, const Bounds& bounds, Handlers handlers);
    StreamedFetch(const StreamedFetch&) = delete;
    StreamedFetch& operator=(const StreamedFetch&) = delete;

    /// Closes the connection: `ended` follows, with this error, and nothing else.
    void stop(std::string error);

private:
    enum class State { beginning, connecting, awaiting_head, streaming, ended };

    void on_timer();
    void begin();
    void on_ready() noexcept;
    void step();
    void write();
    void read();
    void take(std::string_view bytes);
    void take_head();
    void take_body();
    void end(std::string error);

    runtime::Worker& worker_;
    const Request request_;
    const TimePoint deadline_;
    const Handlers handlers_;
    const std::string head_text_;
    State state_ = State::beginning;
    std::size_t written_ = 0;  // of head and body
    std::string received_;     // not parsed yet
    std::size_t interim_ = 0;
    http::ResponseParser parser_;
    http::BodyReader body_;
    std::string error_;
    runtime::Timer timer_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace ferrotunnel::fetch
