// The input is a CA's response: its first byte selects the status, the rest is the body. Whatever it is, each parser
// returns; URLs that it lets through may be requested, and texts are printable and short. A task with a CA that always
// responds like this ends; since a task signs each of its requests, which takes longer than all parsers together, only
// the kept inputs and every eighth other one have a task. An input that is tried alone has one.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "acme/budget.hpp"
#include "acme/directory.hpp"
#include "acme/limits.hpp"
#include "acme/messages.hpp"
#include "acme/order_task.hpp"
#include "acme/problem.hpp"
#include "acme/renewal.hpp"
#include "base/text.hpp"
#include "require.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::acme;
using namespace ferrotunnel::fuzz;

namespace {

const std::string ca_directory = "https://ca.example.com/directory";
const WallTime fuzz_start = WallTime(std::chrono::seconds(1'790'000'000));

bool is_usable_url(const std::string& url) {
    return is_ca_url(url) && (url[4] == 's' || url[4] == 'S');
}

void require_text(const Problem& problem) {
    require(!problem.text.empty() && problem.text.size() <= acme::limits::text_max && is_printable(problem.text));
    require(problem.type.size() <= acme::limits::type_max && is_printable(problem.type));
    require(!problem.retry_after || *problem.retry_after <= acme::limits::retry_after_max);
}

void check_directory(std::string_view body) {
    const auto directory = read_directory(ca_directory, body);
    if (!directory) {
        return;
    }
    require(is_usable_url(directory->new_nonce) && is_usable_url(directory->new_account));
    require(is_usable_url(directory->new_order));
    require(directory->key_change.empty() || is_usable_url(directory->key_change));
    require(directory->renewal_info.empty() || is_usable_url(directory->renewal_info));
    require(is_printable(directory->terms) && directory->profiles.size() <= acme::limits::profiles_max);
    require(directory->issuers.size() <= acme::limits::issuers_max);
}

void check_messages(std::string_view body) {
    if (const auto order = read_order(ca_directory, body)) {
        const bool is_over = order->status == OrderMessage::Status::invalid;
        require(is_over || is_usable_url(order->finalize));
        require(order->status != OrderMessage::Status::valid || is_usable_url(order->certificate));
        require(order->authorizations.size() <= acme::limits::authorizations_max);
        require(std::all_of(order->authorizations.begin(), order->authorizations.end(), is_usable_url));
        require(is_over || !order->authorizations.empty());
    }
    if (const auto authorization = read_authorization(ca_directory, body)) {
        require(authorization->challenges.size() <= acme::limits::challenges_max);
        for (const ChallengeMessage& challenge : authorization->challenges) {
            require(is_usable_url(challenge.url));
            require(is_token(challenge.token) != (challenge.way == Way::dns_persist_01));
            require(challenge.issuers.empty() == (challenge.way != Way::dns_persist_01));
        }
    }
    if (const auto window = read_renewal_window(body)) {
        require(window->start < window->end);
        require(window->explanation.empty() || is_ca_url(window->explanation));
    }
}

void check_budget(std::string_view body) {
    Budget budget(50, 250);
    budget.from_json(body, fuzz_start);
    Budget again(50, 250);
    again.from_json(budget.to_json(), fuzz_start);
    require(again.to_json() == budget.to_json());
    const auto next = budget.take("a", "b", fuzz_start);
    require(!next || (*next > fuzz_start && *next <= fuzz_start + std::chrono::hours(24)));
}

void check_task(const HttpReply& reply) {
    static const Account account{"https://ca.example.com/account/1", ca_directory, {}, Key::make()};
    static const Key key = Key::make();
    OrderSettings settings;
    settings.names = {Identifier{Identifier::Type::dns, "a.example.com"}};
    settings.ways = {all_ways.begin(), all_ways.end()};
    settings.resume_order = "https://ca.example.com/order/1";
    OrderTask task(settings, account, key, fuzz_start);
    HttpReply directory;
    directory.status = 200;
    directory.body = R"({"newNonce":"https://ca.example.com/n","newAccount":"https://ca.example.com/a",)"
                     R"("newOrder":"https://ca.example.com/o"})";
    task.answered(directory, fuzz_start);
    for (unsigned steps = 0; !std::holds_alternative<FailedStep>(task.step()); ++steps) {
        require(steps < 10'000 && !std::holds_alternative<DoneStep>(task.step()));
        if (const auto* const call = std::get_if<CallStep>(&task.step())) {
            require(is_usable_url(call->call.url));
            task.answered(reply, fuzz_start);
        } else if (std::holds_alternative<PublishStep>(task.step())) {
            task.published({}, fuzz_start);
        } else {
            task.continued(fuzz_start);
        }
    }
    require_text(std::get<FailedStep>(task.step()).problem);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::uint16_t statuses[] = {200, 201, 0, 302, 400, 403, 404, 409, 429, 500, 503};
    if (size == 0) {
        return 0;
    }
    HttpReply reply;
    reply.status = statuses[data[0] % std::size(statuses)];
    static unsigned inputs = 0;
    const bool with_task = inputs < 64 || inputs % 8 == 0;
    ++inputs;
    reply.body.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
    reply.location = reply.body.substr(0, 200);
    reply.nonce = "nonce";
    reply.retry_after = std::chrono::seconds(data[0] * 1'000);
    require(is_usable_url(ca_directory));
    check_directory(reply.body);
    check_messages(reply.body);
    check_budget(reply.body);
    require_text(read_problem(reply));
    if (with_task) {
        check_task(reply);
    }
    return 0;
}
