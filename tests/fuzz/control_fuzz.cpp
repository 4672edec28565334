// The input is the payload of a CONTROL frame. What is accepted is encoded again: the result must fit and decode equal.
#include <cstdint>

#include "require.hpp"
#include "wire/control.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::fuzz;
using namespace ferrotunnel::wire;

namespace {

struct EncodeAgain {
    ControlPayload operator()(const Register& message) const {
        return only(encode_register(message.request, message.services));
    }
    ControlPayload operator()(const Registered& message) const {
        return only(encode_registered(message.request, message.services));
    }
    ControlPayload operator()(const Unknown&) const { return {}; }
    template <typename Message>
    ControlPayload operator()(const Message& message) const {
        return encode_control(message);
    }

    // A list that came in one message is encoded as one message again.
    static ControlPayload only(const std::vector<ControlPayload>& payloads) {
        require(payloads.size() == 1);
        return payloads[0];
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto message = decode_control({data, size});
    if (!message) {
        require(!message.error().text.empty() && message.error().code != Code::none);
        return 0;
    }
    if (auto* registering = std::get_if<Register>(&*message)) {
        for (Service& service : registering->services) {
            service.http.rules.unknown.clear();  // is never sent, as those of plugins
            for (PluginPart& plugin : service.plugins) {
                plugin.unknown.clear();
            }
        }
    }
    const ControlPayload again = std::visit(EncodeAgain{}, *message);
    if (std::holds_alternative<Unknown>(*message)) {
        return 0;
    }
    require(again.size() <= size);  // unknown keys are gone, everything else is in its shortest form
    auto back = decode_control(again);
    require(back && *back == *message);
    return 0;
}
