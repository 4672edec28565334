// One connection to the control thread: bytes in, bytes out, one request after the other. No sockets, no clock.
//
//   head --complete--> body --complete--> answering --all written--> head
//     \------ refused, or its time is over ------> answering, the last --all written--> ended
//
// An answer without an end (Answer::more) stays in "answering"; input that arrives meanwhile is dropped. So does one
// that is not there yet (Answer::later).
//
// While an answer is being written, nothing is read: a peer that does not read its answers blocks only itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/answer.hpp"
#include "admin/resources.hpp"
#include "base/clock.hpp"
#include "http/body_reader.hpp"
#include "http/request_parser.hpp"

namespace ferrotunnel::admin {

class ControlConnection {
public:
    using Handler = std::function<Answer(const Request&)>;

    /// `handler` may throw: the answer is then `internal`. `user`, `networks`, `peer`: the other end (Request).
    explicit ControlConnection(const Handler& handler, std::optional<std::uint32_t> user = {},
                               std::optional<login::AddressNetworks> networks = {}, std::string peer = {})
        : handler_(handler), user_(user), networks_(std::move(networks)), peer_(std::move(peer)) {}
    ~ControlConnection() { clear_output(); }
    ControlConnection(ControlConnection&&) = default;
    ControlConnection& operator=(ControlConnection&&) = delete;

    /// Processes bytes from the peer; to be called while wants_input().
    void take(std::string_view bytes);
    /// Bytes to be sent to the peer next.
    std::string_view output() const noexcept { return std::string_view(output_).substr(written_); }
    void wrote(std::size_t bytes);
    /// Sockets to be sent with the first byte of output(). Null if there are none, or they were sent.
    const std::vector<runtime::Fd>* sockets() const noexcept { return written_ == 0 ? sockets_.get() : nullptr; }
    /// Rejects the request in progress, if there is one, and ends.
    void on_timeout();

    bool wants_input() const noexcept { return output_.empty() && !last_ && !has_more() && !paused_; }
    /// Further requests wait until resume(), including those that have arrived already.
    void pause() noexcept { paused_ = true; }
    void resume();
    bool is_paused() const noexcept { return paused_ && output_.empty() && !last_ && !has_more(); }
    /// Has an answer without an end, all of which was sent so far, or one that is not there yet.
    bool waits_for_more() const noexcept { return has_more() && output_.empty(); }
    /// The descriptor that Answer::later waits for; negative if there is none.
    int watched() const noexcept { return deferred_ && output_.empty() ? deferred_->watched : -1; }
    /// Requests the next part of that answer, or the answer.
    void continue_response(TimePoint now);
    /// Nothing is left to be sent, and nothing is to be read.
    bool has_ended() const noexcept { return output_.empty() && last_ && !has_more(); }
    /// No part of a next request has arrived.
    bool is_idle() const noexcept { return output_.empty() && input_.empty() && !in_body_ && !has_more(); }
    /// The number of answered requests, and whether the last one had a proven right (Answer).
    std::size_t answers() const noexcept { return answers_; }
    bool has_right() const noexcept { return has_right_; }

private:
    bool has_more() const noexcept { return more_ || deferred_; }
    void advance();
    bool read_head();
    bool read_body();
    void handle();
    void refuse(std::uint16_t status, std::string_view code, std::string message);
    void send(const Answer& answer);
    void clear_output();

    const Handler& handler_;
    std::optional<std::uint32_t> user_;
    std::optional<login::AddressNetworks> networks_;
    std::string peer_;
    std::string input_;   // at most a head, or the result of one read
    std::string output_;  // of which `written_` bytes were sent
    std::size_t written_ = 0;
    http::RequestParser parser_;
    http::BodyReader reader_;
    std::string method_;
    std::string path_;
    std::string query_;
    std::string host_;
    std::string accept_;
    std::string origin_;
    std::string fetch_site_;
    std::string content_type_;
    std::string last_event_id_;
    std::string cookie_;
    std::string authorization_;
    std::string body_;
    std::function<std::string(TimePoint)> more_;  // returns the next piece of the answer in progress
    std::optional<Answer> deferred_;              // has Answer::later, for the answer in progress
    std::shared_ptr<const std::vector<runtime::Fd>> sockets_;
    std::size_t answers_ = 0;
    bool has_right_ = false;
    bool paused_ = false;
    bool in_body_ = false;
    bool keep_alive_ = false;
    bool last_ = false;
};

}  // namespace ferrotunnel::admin
