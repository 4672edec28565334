// The input is a message of another member of a cluster. What is accepted is encoded again: the result must fit and
// decode equal. Its names are valid and have a root.
#include <cstdint>

#include "base/text.hpp"
#include "cluster/limits.hpp"
#include "cluster/message.hpp"
#include "require.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::fuzz;

namespace {

void require_name(const cluster::Name& name) {
    require(cluster::Name::from_encoded(name.encoded()) == name && is_printable(name.text()));
    require(!name.root().empty() && name.encoded().starts_with(name.root()));
    require(name.encoded().size() <= cluster::limits::name_max);
}

struct RequireNames {
    void operator()(const cluster::Have& have) const {
        for (const cluster::Claim& claim : have.claims) {
            require_name(claim.name);
        }
    }
    void operator()(const cluster::Reserved& reserved) const {
        for (const cluster::Reserved::One& one : reserved.names) {
            require_name(one.name);
        }
    }
    template <typename Message>
    void operator()(const Message& message) const {
        if constexpr (requires { message.name; }) {
            require_name(message.name);
        }
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto message = cluster::decode({data, size});
    if (!message) {
        require(!message.error().text.empty() && message.error().code != wire::Code::none);
        return 0;
    }
    std::visit(RequireNames{}, *message);
    const std::vector<std::uint8_t> again = cluster::encode(*message);
    require(again.size() <= size);  // unknown keys are gone, everything else is in its shortest form
    const auto back = cluster::decode(again);
    require(back && *back == *message);
    return 0;
}
