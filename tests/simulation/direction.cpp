#include "simulation/direction.hpp"

namespace ferrotunnel::simulation {
namespace {

unsigned long long wide(std::uint64_t value) {
    return value;
}

}  // namespace

// --- the sender -----------------------------------------------------------------------------------------------------

void Direction::send(MutableBytes out) {
    payload_.fill(sent_, out);
    sent_ += out.size();
    world_.progress();
}

void Direction::finish() {
    finished_ = true;
    world_.progress();
    world_.trace("stream #%u.%u finishes after %llu bytes", stream_, role_, wide(sent_));
}

void Direction::reset(wire::Code code) {
    reset_ = code;
    world_.progress();
    world_.trace("stream #%u.%u resets (%s) after %llu bytes", stream_, role_, wire::name_of(code).data(), wide(sent_));
}

void Direction::send_datagram(MutableBytes out) {
    store_be<4>(out.data(), datagrams_sent_);
    payload_.fill(datagram_offset(datagrams_sent_), out.subspan(4));
    ++datagrams_sent_;
    world_.progress();
}

// --- the receiver ---------------------------------------------------------------------------------------------------

void Direction::check_not_over(const char* what) {
    if (fin_received_ || reset_received_) {
        world_.fail("stream #%u.%u: %s after the end", stream_, role_, what);
    }
}

void Direction::receive(Bytes bytes) {
    check_not_over("bytes");
    if (received_ + bytes.size() > sent_) {
        world_.fail("stream #%u.%u: %llu bytes received, only %llu sent", stream_, role_,
                    wide(received_ + bytes.size()), wide(sent_));
    } else if (auto at = payload_.first_difference(received_, bytes)) {
        world_.fail("stream #%u.%u: wrong byte at offset %llu", stream_, role_, wide(received_ + *at));
    }
    received_ += bytes.size();
    world_.progress();
}

void Direction::receive_fin() {
    check_not_over("FIN");
    if (!finished_ || received_ != sent_) {
        world_.fail("stream #%u.%u: FIN after %llu bytes; the sender has %s %llu", stream_, role_, wide(received_),
                    finished_ ? "finished at" : "not finished, sent", wide(sent_));
    }
    fin_received_ = true;
    world_.progress();
}

// A reset may follow a FIN: the sender had ended this direction, and resets the stream to end the other one.
void Direction::receive_reset(wire::Code code) {
    if (reset_received_) {
        world_.fail("stream #%u.%u: a second reset", stream_, role_);
    }
    if (reset_ != code || received_ != sent_) {
        world_.fail("stream #%u.%u: reset %s after %llu bytes; the sender %s after %llu", stream_, role_,
                    wire::name_of(code).data(), wide(received_), reset_ ? "reset" : "did not reset", wide(sent_));
    }
    reset_received_ = true;
    world_.progress();
}

void Direction::receive_datagram(Bytes bytes) {
    check_not_over("a datagram");
    if (bytes.size() < 4) {
        world_.fail("stream #%u.%u: a datagram of %zu bytes", stream_, role_, bytes.size());
        return;
    }
    auto number = static_cast<std::uint32_t>(load_be<4>(bytes.data()));
    if (number < datagram_next_ || number >= datagrams_sent_) {
        world_.fail("stream #%u.%u: datagram %u came, expected %u to %u", stream_, role_, number, datagram_next_,
                    datagrams_sent_);
    } else if (payload_.first_difference(datagram_offset(number), bytes.subspan(4))) {
        world_.fail("stream #%u.%u: datagram %u was changed", stream_, role_, number);
    }
    datagram_next_ = number + 1;
    world_.progress();
}

}  // namespace ferrotunnel::simulation
