// The first byte of the input says whether there are users and where the rest is cut; the rest is what a visitor of an
// exit sends. Where it is cut changes nothing; nobody gets anywhere without a login; and what is sent on of a request
// is a request for the same destination, without a login and without a second one behind it.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exits/destinations.hpp"
#include "exits/exit_handshake.hpp"
#include "exits/limits.hpp"
#include "http/request_parser.hpp"
#include "require.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::fuzz;
using exits::ExitHandshake;
using State = ExitHandshake::State;

namespace {

struct Outcome {
    State state = State::reading;
    std::string output;
    std::string target;
    std::string preamble;
    std::size_t taken = 0;
};

Outcome hear(const std::vector<exits::User>& users, std::string_view input, std::size_t piece) {
    ExitHandshake conversation(users);
    Outcome outcome;
    while (outcome.taken < input.size() && conversation.state() == State::reading) {
        outcome.taken += conversation.receive(as_bytes(input.substr(outcome.taken, piece)));
    }
    outcome.state = conversation.state();
    outcome.output = conversation.take_output();
    if (outcome.state == State::requested) {
        outcome.target = net::to_text(conversation.target());
        outcome.preamble = conversation.take_preamble();
        require(conversation.target().port != 0 && !conversation.target().host.empty());
        conversation.grant();
        require(conversation.state() == State::granted);
    }
    require(outcome.output.size() <= 1'024);
    return outcome;
}

void read_preamble(const Outcome& outcome) {
    if (outcome.preamble.empty()) {
        return;
    }
    require(outcome.preamble.size() <= limits::exit_head_max + 64);
    http::RequestParser parser;
    require(parser.parse(outcome.preamble) == http::ParseState::complete);
    require(parser.size() == outcome.preamble.size());
    require(!parser.head().keep_alive);
    require(parser.head().fields.count(http::FieldName::proxy_authorization) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    static const std::vector<exits::User> nobody;
    static const std::vector<exits::User> ann{{"ann", "secret"}};
    const std::vector<exits::User>& users = (data[0] & 1U) != 0 ? ann : nobody;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Outcome whole = hear(users, input, std::max<std::size_t>(1, input.size()));
    const Outcome cut = hear(users, input, 1U + (data[0] >> 1U));
    require(whole.state == cut.state && whole.output == cut.output && whole.target == cut.target);
    require(whole.preamble == cut.preamble);
    if (whole.state == State::requested) {
        require(whole.taken == cut.taken);
        require(users.empty() || input.find("secret") != std::string_view::npos ||
                input.find("YW5uOnNlY3JldA") != std::string_view::npos);
    }
    read_preamble(whole);
    const std::vector<std::string> items{std::string(input.substr(0, 300))};
    if (const auto made = exits::Destinations::parse(items)) {
        const net::Address loopback = *net::parse_ip("127.0.0.1");
        require(!made->allow("example.com", loopback, 80) || made->allow(loopback, 80));
    }
    return 0;
}
