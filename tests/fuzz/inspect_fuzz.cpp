// The input is what passes a connection both ways: a byte that says which way and how much, and that many bytes.
// Whatever it is, the tap neither throws nor holds more than it may; and where each way is cut, without a change of the
// order in which the ways take turns, changes nothing of what is recorded. A body whose masks were put back shows the
// same as before.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/tap.hpp"
#include "inspect/content_coding.hpp"
#include "inspect/inspector.hpp"
#include "inspect/masked_text.hpp"
#include "inspect/reading.hpp"
#include "inspect/restored_text.hpp"
#include "require.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::fuzz;
using namespace ferrotunnel::inspect;

namespace {

struct Turn {
    bool by_visitor = false;
    std::string_view bytes;
};

std::vector<Turn> turns_in(std::string_view input) {
    std::vector<Turn> turns;
    while (!input.empty()) {
        const auto first = static_cast<std::uint8_t>(input.front());
        input.remove_prefix(1);
        const std::string_view bytes = input.substr(0, std::size_t{first & 0x7fU} * 4);
        input.remove_prefix(bytes.size());
        turns.push_back({(first & 0x80U) != 0, bytes});
    }
    return turns;
}

std::string told(const RecordedMessage& half) {
    return half.head + '\n' + half.body + '\n' + std::to_string(half.body_bytes) + (half.complete ? "c" : "") +
           (half.cut ? "u" : "") + (half.dropped ? "d" : "") + (half.masked ? "m" : "");
}

std::string recorded(const std::vector<Turn>& turns, std::size_t step) {
    Inspector::Settings settings;
    settings.memory = limits::inspect_memory_min;
    settings.body = 300;
    const auto inspector = std::make_shared<Inspector>(settings);
    const std::unique_ptr<Tap> tap = inspector->http_tap({"web", "x", {}, 0, 0, TimePoint()});
    for (const Turn& turn : turns) {
        for (std::size_t at = 0; at < turn.bytes.size(); at += step) {
            const std::string_view piece = turn.bytes.substr(at, step);
            const std::vector<std::uint8_t> copy(piece.begin(), piece.end());  // which a sanitizer guards
            turn.by_visitor ? tap->to_backend(copy, TimePoint()) : tap->from_backend(copy, TimePoint());
        }
        require(inspector->records().bytes() <= settings.memory);
    }
    tap->backend_ended(true, TimePoint());
    tap->over(TimePoint());
    std::string all;
    for (const auto& record : inspector->records().all()) {
        const Exchange one = record->copy();
        require(one.state != Exchange::State::under_way);
        require(one.request.body.size() <= 2 * settings.body && one.answer.body.size() <= 2 * settings.body);
        all += std::to_string(static_cast<int>(one.state)) + told(one.request) + told(one.answer);
        for (const Message& message : one.messages) {
            require(message.text.size() <= 2 * limits::inspect_message_max);
            all += message.text + std::to_string(message.bytes) + (message.by_visitor ? ">" : "<");
        }
        const Original original = record->original(TimePoint());
        require(original.head.empty() ||
                HeadView(original.head).fields.size() == HeadView(one.request.head).fields.size());
        if (original.body && one.request.body_masked && !one.request.decoded) {
            // Of what is not well-formed, not every mask can be put back: then nothing is sent.
            const std::string_view type = HeadView(one.request.head).value("Content-Type");
            const auto restored = restored_body(one.request.body, *original.body, type, settings.secrets);
            require(!restored || masked_body(*restored, type, settings.secrets).text ==
                                     masked_body(one.request.body, type, settings.secrets).text);
        }
        (void)curl_command(one);
        (void)plain_body(one.answer);
        (void)matches(one, {"GET", "2xx", "/", "web", "a"});
    }
    return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<Turn> turns = turns_in({reinterpret_cast<const char*>(data), size});
    const std::string whole = recorded(turns, 1'000);
    require(recorded(turns, 1) == whole);
    require(recorded(turns, 5) == whole);
    return 0;
}
