#include "base/check.hpp"
#include "base/text.hpp"
#include "cluster/limits.hpp"
#include "cluster/message.hpp"
#include "wire/cbor.hpp"

namespace ferrotunnel::cluster {
namespace {

// The greatest sizes of items in CBOR. A text or an array has one byte for its type and a length below 24.
constexpr std::size_t number_size_max = 9;
constexpr std::size_t key_size(std::string_view key) {
    return 1 + key.size();
}
constexpr std::size_t name_size_max = 3 + limits::name_max;
constexpr std::size_t token_size = 1 + std::tuple_size_v<wire::TokenId>;
constexpr std::size_t party_size = 1 + std::tuple_size_v<wire::InstanceId>;
constexpr std::size_t claim_size_max = 1 + key_size("name") + name_size_max + key_size("token") + token_size +
                                       key_size("party") + party_size + key_size("since") + number_size_max;
constexpr std::size_t reserved_size_max =
    1 + key_size("name") + name_size_max + key_size("token") + token_size + key_size("ms") + number_size_max;

static_assert(limits::name_max < 1U << 16, "its length takes two bytes");
static_assert(limits::claims_per_message < 24, "the length of an array takes no byte of its own");
static_assert(reserved_size_max <= claim_size_max);
static_assert(1 + key_size("t") + key_size("have") + key_size("claims") + 1 + key_size("reserved") + 1 +
                      limits::claims_per_message * claim_size_max <=
                  limits::message_max,
              "the longest `have` fits");
// The others have at most one name or text, and numbers: far less.
static_assert(claim_size_max + 256 <= limits::message_max && limits::refusal_text_max + 256 <= limits::message_max);

void write_name(wire::cbor::Writer& writer, const Name& name) {
    writer.text("name").text(name.encoded());
}

void write_owner(wire::cbor::Writer& writer, const Owner& owner) {
    writer.text("token").bytes(owner.token);
    writer.text("party").bytes(owner.party);
}

// --- one function for each type: all but the head of the map and "t" -----------------------------------------------

struct Body {
    wire::cbor::Writer& writer;

    void start(std::string_view type, std::size_t others) const { writer.map(1 + others).text("t").text(type); }

    void operator()(const Hello& hello) const {
        start("hello", 5);
        writer.text("member").text(hello.member);
        writer.text("incarnation").unsigned_integer(hello.incarnation);
        writer.text("digest").unsigned_integer(hello.digest);
        writer.text("features").unsigned_integer(hello.features);
        writer.text("agent").text(printable(hello.agent, ferrotunnel::limits::agent_text_max));
    }
    void operator()(const SyncBegin&) const { start("sync_begin", 0); }
    void operator()(const SyncEnd&) const { start("sync_end", 0); }
    void operator()(const Have& have) const {
        start("have", (have.claims.empty() ? 0U : 1U) + (have.reserved.empty() ? 0U : 1U));
        if (!have.claims.empty()) {
            writer.text("claims").array(have.claims.size());
        }
        for (const Claim& claim : have.claims) {
            writer.map(4);
            write_name(writer, claim.name);
            write_owner(writer, claim.owner);
            writer.text("since").unsigned_integer(claim.since);
        }
        if (!have.reserved.empty()) {
            writer.text("reserved").array(have.reserved.size());
        }
        for (const Have::Reserved& reserved : have.reserved) {
            writer.map(3);
            write_name(writer, reserved.name);
            writer.text("token").bytes(reserved.token);
            writer.text("ms").unsigned_integer(reserved.milliseconds);
        }
    }
    void operator()(const Gone& gone) const {
        start("gone", 2);
        write_name(writer, gone.name);
        writer.text("ms").unsigned_integer(gone.milliseconds);
    }
    void operator()(const ClaimRequest& claim) const { request_for("claim", claim.request, claim.name, claim.owner); }
    void operator()(const Granted& granted) const {
        start("granted", 2);
        writer.text("request").unsigned_integer(granted.request);
        writer.text("since").unsigned_integer(granted.since);
    }
    void operator()(const Refused& refused) const {
        start("refused", 3);
        writer.text("request").unsigned_integer(refused.request);
        writer.text("code").unsigned_integer(static_cast<std::uint16_t>(refused.code));
        writer.text("text").text(printable(refused.text, limits::refusal_text_max));
    }
    void operator()(const Probe& probe) const { request_for("probe", probe.request, probe.name, probe.owner); }
    void operator()(const Probed& probed) const {
        start("probed", 2);
        writer.text("request").unsigned_integer(probed.request);
        writer.text("answers").boolean(probed.answers);
    }
    void operator()(const Lost& lost) const {
        start("lost", 3);
        write_name(writer, lost.name);
        write_owner(writer, lost.owner);
    }

    void request_for(std::string_view type, RequestId request, const Name& name, const Owner& owner) const {
        start(type, 4);
        writer.text("request").unsigned_integer(request);
        write_name(writer, name);
        write_owner(writer, owner);
    }
};

}  // namespace

std::vector<std::uint8_t> encode(const Message& message) {
    wire::cbor::Writer writer;
    std::visit(Body{writer}, message);
    std::vector<std::uint8_t> bytes = writer.take();
    check(static_cast<bool>(decode(bytes)), "a message that is sent to a member follows its rules");
    return bytes;
}

}  // namespace ferrotunnel::cluster
