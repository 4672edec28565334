// The input is what an etcd says: its first byte, modulo 5, selects a request; the rest is the answer, or the stream of
// a watch, whose pieces are as long as the second byte says. Whatever it is, each parser returns; what it lets through
// has only keys that were asked for, ascending, within the limits; a watch never goes back; faults are printable, short
// texts.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "etcd/answers.hpp"
#include "etcd/limits.hpp"
#include "etcd/watch.hpp"
#include "require.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::etcd;
using namespace ferrotunnel::fuzz;

namespace {

const KeyRange asked = range_of_prefix("a");
constexpr LeaseId fuzz_lease = 42;
constexpr std::size_t line_max = 4'096;

void require_fault(const Fault& fault) {
    require(!fault.text.empty() && fault.text.size() <= etcd::limits::text_max && is_printable(fault.text));
}

void require_pair(const KeyValue& pair) {
    require(asked.contains(pair.key) && pair.key.size() <= etcd::limits::key_max);
    require(pair.value.size() <= etcd::limits::value_max && pair.modified > 0 && pair.created <= pair.modified);
}

void require_read(const ReadAnswer& answer, std::size_t most) {
    require(answer.header.revision > 0 && answer.pairs.size() <= most);
    std::for_each(answer.pairs.begin(), answer.pairs.end(), require_pair);
    for (std::size_t i = 1; i < answer.pairs.size(); ++i) {
        require(answer.pairs[i - 1].key < answer.pairs[i].key);
    }
}

template <typename Answer, typename Check>
void check_answer(const Result<Answer, Fault>& answer, Check check) {
    if (answer) {
        check(*answer);
    } else {
        require_fault(answer.error());
    }
}

void check_read(std::string_view body) {
    Read read{asked};
    read.limit = 3;
    check_answer(read_answer(body, read), [](const ReadAnswer& answer) { require_read(answer, 3); });
}

void check_transaction(std::string_view body) {
    Transaction transaction;
    transaction.then = {Put{"a", "x", 0}, Delete{asked}, Read{asked}};
    transaction.otherwise = {Read{asked}};
    check_answer(transaction_answer(body, transaction), [&](const TransactionAnswer& answer) {
        require(answer.answers.size() == (answer.succeeded ? 3U : 1U));
        require_read(std::get<ReadAnswer>(answer.answers.back()), etcd::limits::keys_max);
    });
}

void check_leases(std::string_view body) {
    check_answer(grant_answer(body, fuzz_lease), [](const LeaseAnswer& answer) { require(answer.time.count() > 0); });
    check_answer(renewal_answer(body, fuzz_lease),
                 [](const LeaseAnswer& answer) { require(answer.time.count() >= 0); });
}

void check_login(std::string_view body) {
    check_answer(login_answer(body), [](const LoginAnswer& answer) {
        require(answer.token.size() <= etcd::limits::token_max && is_printable(answer.token));
    });
    require_fault(fault_of_response(400, body));
    require_fault(fault_of_response(503, body));
}

// False: the watch is over.
bool check_line(std::string_view line, WatchOrder& order) {
    auto message = watch_message(line, asked);
    if (!message) {
        require_fault(message.error());
        return false;
    }
    std::for_each(message->events.begin(), message->events.end(),
                  [](const WatchEvent& event) { require_pair(event.pair); });
    const Revision before = order.seen();
    const auto batch = order.add(std::move(*message));
    require(order.seen() >= before);
    if (!batch) {
        require_fault(batch.error());
        return false;
    }
    if (*batch) {
        require((*batch)->revision == order.seen() && order.is_created());
        for (const WatchEvent& event : (*batch)->events) {
            require(event.pair.modified > before && event.pair.modified <= order.seen());
        }
    }
    return true;
}

void check_watch(std::string_view stream) {
    if (stream.empty()) {
        return;
    }
    const std::size_t step = 1 + static_cast<std::uint8_t>(stream.front());
    stream.remove_prefix(1);
    WatchLines lines(line_max);
    WatchOrder order(5);
    while (!stream.empty()) {
        lines.add(stream.substr(0, step));
        stream.remove_prefix(std::min(step, stream.size()));
        while (const auto line = lines.next()) {
            require(!line->empty() && line->size() <= line_max);
            if (!check_line(*line, order)) {
                return;
            }
        }
        if (lines.is_too_long()) {
            return;
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 5) {
        case 0:
            check_read(rest);
            break;
        case 1:
            check_transaction(rest);
            break;
        case 2:
            check_leases(rest);
            break;
        case 3:
            check_login(rest);
            break;
        default:
            check_watch(rest);
            break;
    }
    return 0;
}
