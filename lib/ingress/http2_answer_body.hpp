// The body of a response over HTTP/2 on its way from its exchange into DATA frames: the piece that is being sent and
// the next one, so that the last frame can be marked as the last.
//
//   flowing --nothing available--> asleep --wake--> flowing
//     |--end--> ended: after its pieces the response ends, with its trailers
//     '--fail--> broken: after its pieces the stream is reset, since the response must not look complete
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "buffer/slab.hpp"
#include "h2/server_session.hpp"

namespace ferrotunnel::ingress {

class Http2AnswerBody {
public:
    /// Whether another piece, or the end, has to be fetched.
    bool wants_piece() const noexcept {
        return ahead_.empty() && (state_ == State::flowing || state_ == State::asleep);
    }
    void add(buffer::Slice piece) noexcept { ahead_ = std::move(piece); }
    /// `trailers`: those of a chunked body; null if there are none.
    void end(std::unique_ptr<std::string> trailers) noexcept;
    /// `code`: the HTTP/2 code for the reset.
    void fail(std::uint32_t code) noexcept;

    /// The data that can be sent now, at most `most` bytes. `fetch` is called while a piece is wanted, and adds it,
    /// ends or fails the body, or does nothing if there is none now.
    template <typename Fetch>
    h2::Supply supply(std::size_t most, Fetch fetch) {
        if (data_.empty()) {
            fetch();
            data_ = std::exchange(ahead_, {});
        }
        if (!data_.empty() && data_.size() <= most) {
            fetch();
        }
        return supply_fetched(most);
    }
    /// Takes the supplied bytes.
    buffer::Slice take(std::size_t size) noexcept;

    /// True: the session waits, and has to be resumed.
    bool wake() noexcept;

private:
    enum class State : std::uint8_t { flowing, asleep, ended, broken };

    h2::Supply supply_fetched(std::size_t most);
    void enter(State next) noexcept;

    buffer::Slice data_;   // the piece that is being sent
    buffer::Slice ahead_;  // the next one
    std::unique_ptr<std::string> trailers_;
    std::uint32_t code_ = 0;
    State state_ = State::flowing;
};

}  // namespace ferrotunnel::ingress
