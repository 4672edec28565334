#include "message_run.hpp"

namespace ferrotunnel::test {

using namespace ferrotunnel::http;

namespace {

std::string refusal_text(const Refusal& refusal) {
    return std::to_string(refusal.status) + " " + std::string(refusal.code);
}

// The bytes that came so far, in memory of exactly their size, at another address after each piece: a sanitizer sees a
// read beyond them, and a parser that kept a pointer fails.
class Received {
public:
    void add(std::string_view piece) {
        std::vector<char> longer;
        longer.reserve(bytes_.size() + piece.size());
        longer.insert(longer.end(), bytes_.begin(), bytes_.end());
        longer.insert(longer.end(), piece.begin(), piece.end());
        bytes_.swap(longer);
    }
    std::string_view all() const { return {bytes_.data(), bytes_.size()}; }

private:
    std::vector<char> bytes_;
};

class BodyRun {
public:
    explicit BodyRun(MessageOutcome& outcome) : outcome_(outcome) {}

    void begin(const Body& body) { reader_ = BodyReader(body); }
    void take(std::string_view input) {
        while (!input.empty() && reader_.state() == BodyState::more) {
            const BodyReader::Piece piece = reader_.next(input);
            outcome_.body += piece.payload;
            input.remove_prefix(piece.consumed);
        }
        if (reader_.state() == BodyState::complete) {
            outcome_.rest += input;
        }
    }
    /// Takes what has come with the head, and the pieces from `next` on.
    void take_all(std::string_view first, const Pieces& pieces, std::size_t next) {
        take(first);
        for (; next < pieces.size(); ++next) {
            take(pieces[next]);
        }
    }
    void end(const Refusal& refusal) {
        if (reader_.state() == BodyState::refused) {
            outcome_ = {};
            outcome_.expect = refusal_text(refusal);
        } else {
            outcome_.expect = reader_.state() == BodyState::complete ? "accept" : "more";
        }
        for (const Field& field : reader_.trailers()) {
            outcome_.trailers += std::string(field.name) + ": " + std::string(field.value) + "\r\n";
        }
    }
    BodyReader& reader() { return reader_; }

private:
    MessageOutcome& outcome_;
    BodyReader reader_;
};

template <typename Message, std::size_t (*Write)(const Message&, std::span<char>) noexcept>
std::string written_head(const Message& message) {
    std::string text(Write(message, {}), '\0');
    if (Write(message, text) != text.size()) {
        throw std::logic_error("a head takes as many bytes as were counted");
    }
    return text;
}

// Reads one head, and gives it to `on_head`.
template <typename Parser, typename OnHead>
bool read_head(Parser& parser, const Pieces& pieces, std::size_t& next, Received& received, OnHead on_head,
               MessageOutcome& outcome) {
    for (;;) {
        const ParseState state = parser.parse(received.all());
        if (state == ParseState::refused) {
            outcome.expect = refusal_text(parser.refusal());
            return false;
        }
        if (state == ParseState::complete) {
            on_head();
            return true;
        }
        if (next == pieces.size()) {
            outcome.expect = "more";
            return false;
        }
        received.add(pieces[next++]);
    }
}

}  // namespace

MessageOutcome run_request(const Pieces& pieces, const HeadLimits& limits) {
    MessageOutcome outcome;
    RequestParser parser(limits);
    parser.reset();
    Received received;
    BodyRun body(outcome);
    std::size_t next = 0;
    const auto on_head = [&] {
        const RequestHead& head = parser.head();
        HostBuffer room;
        outcome.host = normal_host(head.authority, room);
        outcome.keep_alive = head.keep_alive;
        outcome.expects_continue = head.expects_continue;
        outcome.seen = written_head<RequestOut, write_request>(RequestOut::of(head));
        body.begin(head.body);
    };
    if (!read_head(parser, pieces, next, received, on_head, outcome)) {
        return outcome;
    }
    body.take_all(received.all().substr(parser.size()), pieces, next);
    body.end(body.reader().refusal());
    return outcome;
}

MessageOutcome run_response(const Pieces& pieces, const ResponseAsk& ask, const HeadLimits& limits) {
    MessageOutcome outcome;
    ResponseContext context;
    context.method = method_of(ask.method);
    ListItems offers(ask.offer);
    for (std::string_view offer; offers.next(offer);) {
        context.upgrade.add(offer);
    }
    ResponseParser parser(limits);
    parser.reset(context);
    Received received;
    BodyRun body(outcome);
    std::size_t next = 0;
    const auto on_head = [&] {
        const ResponseHead& head = parser.head();
        const ResponseOut out = ResponseOut::of(head, ask.visitor, true);
        outcome.keep_alive = head.keep_alive;
        outcome.switches = head.switches;
        outcome.seen = written_head<ResponseOut, write_response>(out);
        body.begin(head.body);
    };
    if (!read_head(parser, pieces, next, received, on_head, outcome)) {
        return outcome;
    }
    body.take_all(received.all().substr(parser.size()), pieces, next);
    const bool cut = body.reader().state() == BodyState::more && body.reader().kind() != BodyKind::until_close;
    const bool ends = !cut && body.reader().end_of_input();
    body.end(response_refusal_of(body.reader().refusal().fault));
    if (body.reader().state() != BodyState::refused) {
        outcome.end = ends ? "complete" : "truncated";
    }
    return outcome;
}

Pieces whole(std::string_view bytes) {
    return {bytes};
}

Pieces single_bytes(std::string_view bytes) {
    Pieces pieces;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        pieces.push_back(bytes.substr(i, 1));
    }
    return pieces;
}

Pieces cut_at(std::string_view bytes, std::size_t at) {
    return {bytes.substr(0, at), bytes.substr(at)};
}

}  // namespace ferrotunnel::test
