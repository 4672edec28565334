#include "admin/member_answer.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "admin/resources.hpp"
#include "base/bytes.hpp"
#include "base/text.hpp"

namespace ferrotunnel::admin {

MemberAnswer::MemberAnswer(runtime::Fd socket, const ControlRequest& request, std::string member, TimePoint until)
    : socket_(std::move(socket)),
      member_(std::move(member)),
      until_(until),
      unsent_(request_text(request)),
      reader_(request.method == "HEAD", limits::member_answer_max) {}

std::optional<Answer> MemberAnswer::next(TimePoint now) {
    if (!unsent_.empty()) {
        // A failure shows when the answer is read: a refusal may have arrived earlier.
        const runtime::IoResult written = runtime::write_some(socket_.get(), as_bytes(unsent_));
        unsent_.erase(0, written.bytes);
    }
    std::optional<Answer> answer = read();
    if (!answer && now >= until_) {
        answer = no_answer(504, " did not answer within " + std::to_string(limits::member_answer_time.count()) + " s.");
    }
    return answer;
}

std::optional<Answer> MemberAnswer::read() {
    std::array<std::uint8_t, reply_read_size> buffer;
    for (;;) {
        const runtime::IoResult read = runtime::read_some(socket_.get(), MutableBytes(buffer));
        const ReplyReader::State state = reader_.take({reinterpret_cast<const char*>(buffer.data()), read.bytes});
        if (state == ReplyReader::State::complete) {
            return complete();
        }
        if (state == ReplyReader::State::wrong) {
            return no_answer(502, " has sent an answer that is not valid, or too long.");
        }
        if (read.status == runtime::IoStatus::eof || read.status == runtime::IoStatus::error) {
            return reader_.end() ? complete()
                                 : no_answer(502,
                                             " has not answered: the link was lost, or its version does not accept "
                                             "requests of other members.");
        }
        if (read.status == runtime::IoStatus::would_block) {
            return std::nullopt;
        }
    }
}

Answer MemberAnswer::complete() {
    std::optional<Json> body = object_in(reader_.reply.body);
    return body ? Answer{reader_.reply.status, std::move(*body)}
                : no_answer(502, " has sent an answer that is not a JSON object.");
}

Answer MemberAnswer::no_answer(std::uint16_t status, const std::string& why) const {
    return refusal(status, "no_answer", "The member " + in_quotes(member_) + why);
}

Answer wait_for_member(runtime::Fd socket, const ControlRequest& request, std::string member, TimePoint until) {
    const auto pending = std::make_shared<MemberAnswer>(std::move(socket), request, std::move(member), until);
    Answer waits;
    waits.later = [pending](TimePoint now) { return pending->next(now); };
    waits.watched = pending->fd();
    return waits;
}

}  // namespace ferrotunnel::admin
