// Answer of the control API that another member of the cluster gives, on a socket that its link carries.
//
//   writing --all written--> reading --complete--> the member's answer
//      \______________________ \--too late, link lost, not JSON--> no_answer
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "admin/answer.hpp"
#include "admin/control_request.hpp"
#include "admin/limits.hpp"
#include "admin/reply_reader.hpp"
#include "base/clock.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::admin {

/// Belongs to one thread, and never blocks.
class MemberAnswer {
public:
    /// `socket`: joined with the control API of `member`.
    MemberAnswer(runtime::Fd socket, const ControlRequest& request, std::string member, TimePoint until);

    /// Empty if there is none yet. After the answer it must not be called again.
    std::optional<Answer> next(TimePoint now);
    /// Readable when next() may have more.
    int fd() const noexcept { return socket_.get(); }
    const std::string& member() const noexcept { return member_; }

private:
    std::optional<Answer> read();
    Answer complete();
    Answer no_answer(std::uint16_t status, const std::string& why) const;

    const runtime::Fd socket_;
    const std::string member_;
    const TimePoint until_;
    std::string unsent_;
    ReplyReader reader_;
};

/// Waits for the answer; the control thread serves other callers meanwhile.
Answer wait_for_member(runtime::Fd socket, const ControlRequest& request, std::string member, TimePoint until);

}  // namespace ferrotunnel::admin
