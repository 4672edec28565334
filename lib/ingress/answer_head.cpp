#include "ingress/answer_head.hpp"

namespace ferrotunnel::ingress {

http::ResponseOut interim_head(const exchange::Answer& answer, http::Version visitor) {
    http::ResponseOut out;
    if (answer.head != nullptr) {
        out = http::ResponseOut::of(*answer.head, visitor, true);
        out.edits = answer.edits;
    } else {
        out.status = answer.status;
    }
    return out;
}

http::ResponseOut answer_head(const exchange::Answer& answer, http::Version visitor, bool keep) {
    http::ResponseOut out;
    if (answer.head != nullptr) {
        out = http::ResponseOut::of(*answer.head, visitor, keep);
    } else {
        out.status = answer.status;
        out.body = answer.body;
        out.content_length = answer.content_length;
        out.visitor = visitor;
        out.keep_alive = keep;
    }
    if (answer.length_is_unknown) {
        out.forget_length();
    }
    out.edits = answer.edits;
    return out;
}

std::span<char> written(EdgeWorker& edge, const http::ResponseOut& out) {
    std::vector<char>& room = edge.head_room();
    std::size_t size = http::write_response(out, room);
    if (size > room.size()) {
        room.resize(size);
        size = http::write_response(out, room);
    }
    return {room.data(), size};
}

}  // namespace ferrotunnel::ingress
