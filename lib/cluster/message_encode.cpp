#include <tuple>

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
constexpr std::size_t member_size_max = 2 + limits::member_name_max;
constexpr std::size_t claim_size_max = 1 + key_size("name") + name_size_max + key_size("token") + token_size +
                                       key_size("party") + party_size + key_size("since") + number_size_max +
                                       key_size("over") + number_size_max + key_size("terms") + number_size_max +
                                       key_size("provisional") + 1 + key_size("readiness") + 1;
constexpr std::size_t reserved_size_max =
    1 + key_size("name") + name_size_max + key_size("token") + token_size + key_size("ms") + number_size_max;
constexpr std::size_t start_size = 1 + key_size("t") + key_size("sync_begin");  // of the longest type

static_assert(limits::name_max < 1U << 16, "its length takes two bytes");
static_assert(limits::member_name_max < 1U << 8, "its length takes one byte");
static_assert(limits::claims_per_message < 24 && limits::members_max < 24, "the lengths of arrays take none");
static_assert(start_size + key_size("of") + member_size_max + key_size("claims") + 1 +
                      limits::claims_per_message * claim_size_max <=
                  limits::message_max,
              "the longest `have` fits");
static_assert(reserved_size_max <= claim_size_max, "the longest `reserved` fits");
static_assert((limits::members_max + 1) * member_size_max + 256 <= limits::message_max, "the longest `hello` fits");
// The others have at most one name or text, and numbers: far less.
static_assert(claim_size_max + 256 <= limits::message_max && limits::refusal_text_max + 256 <= limits::message_max);
static_assert(limits::value_key_max + limits::value_text_max + limits::member_name_max + 256 <= limits::message_max,
              "the longest `value` fits");
static_assert(limits::message_max <= ferrotunnel::limits::control_payload_max);

void write_name(wire::cbor::Writer& writer, const Name& name) {
    writer.text("name").text(name.encoded());
}

void write_owner(wire::cbor::Writer& writer, const Owner& owner) {
    writer.text("token").bytes(owner.token);
    writer.text("party").bytes(owner.party);
}

void write_claim(wire::cbor::Writer& writer, const Claim& claim) {
    const bool over = claim.over != 0;
    const bool readiness = claim.readiness != Readiness::ready;
    writer.map(5U + (over ? 1U : 0U) + (claim.provisional ? 1U : 0U) + (readiness ? 1U : 0U));
    write_name(writer, claim.name);
    write_owner(writer, claim.owner);
    writer.text("since").unsigned_integer(claim.since);
    if (over) {
        writer.text("over").unsigned_integer(claim.over);
    }
    writer.text("terms").unsigned_integer(claim.terms);
    if (claim.provisional) {
        writer.text("provisional").boolean(true);
    }
    if (readiness) {
        writer.text("readiness").unsigned_integer(static_cast<std::uint8_t>(claim.readiness));
    }
}

// Writes a message, one function for each type.
class Body {
public:
    explicit Body(wire::cbor::Writer& writer) : writer_(writer) {}

    void operator()(const Hello& hello) const {
        start("hello", hello.recovering ? 6 : 5);
        writer_.text("member").text(hello.member);
        writer_.text("incarnation").unsigned_integer(hello.incarnation);
        writer_.text("members").array(hello.members.size());
        for (const std::string& member : hello.members) {
            writer_.text(member);
        }
        if (hello.recovering) {
            writer_.text("recovering").boolean(true);
        }
        writer_.text("features").unsigned_integer(hello.features);
        writer_.text("agent").text(printable(hello.agent, ferrotunnel::limits::agent_text_max));
    }
    void operator()(const SyncBegin&) const { start("sync_begin", 0); }
    void operator()(const SyncEnd&) const { start("sync_end", 0); }
    void operator()(const Have& have) const {
        start("have", have.of ? 2 : 1);
        if (have.of) {
            writer_.text("of").text(*have.of);
        }
        writer_.text("claims").array(have.claims.size());
        for (const Claim& claim : have.claims) {
            write_claim(writer_, claim);
        }
    }
    void operator()(const Reserved& reserved) const {
        start("reserved", 1);
        writer_.text("names").array(reserved.names.size());
        for (const Reserved::One& one : reserved.names) {
            writer_.map(3);
            write_name(writer_, one.name);
            writer_.text("token").bytes(one.token);
            writer_.text("ms").unsigned_integer(one.milliseconds);
        }
    }
    void operator()(const Gone& gone) const {
        start("gone", 3);
        write_name(writer_, gone.name);
        writer_.text("since").unsigned_integer(gone.since);
        writer_.text("ms").unsigned_integer(gone.milliseconds);
    }
    void operator()(const ClaimRequest& claim) const {
        start("claim", 5);
        write_request(claim.request);
        write_name(writer_, claim.name);
        write_owner(writer_, claim.owner);
        writer_.text("terms").unsigned_integer(claim.terms);
    }
    void operator()(const Cancel& cancel) const {
        start("cancel", 1);
        write_request(cancel.request);
    }
    void operator()(const Granted& granted) const {
        start("granted", granted.over != 0 ? 3 : 2);
        write_request(granted.request);
        writer_.text("since").unsigned_integer(granted.since);
        if (granted.over != 0) {
            writer_.text("over").unsigned_integer(granted.over);
        }
    }
    void operator()(const Refused& refused) const {
        start("refused", refused.is_temporary ? 4 : 3);
        write_request(refused.request);
        writer_.text("code").unsigned_integer(static_cast<std::uint16_t>(refused.code));
        if (refused.is_temporary) {
            writer_.text("temporary").boolean(true);
        }
        writer_.text("text").text(printable(refused.text, limits::refusal_text_max));
    }
    void operator()(const Probe& probe) const {
        start("probe", 4);
        write_request(probe.request);
        write_name(writer_, probe.name);
        write_owner(writer_, probe.owner);
    }
    void operator()(const Probed& probed) const {
        start("probed", probed.answers ? 2 : 1);
        write_request(probed.request);
        if (probed.answers) {
            writer_.text("answers").boolean(true);
        }
    }
    void operator()(const Lost& lost) const {
        start("lost", 2);
        write_name(writer_, lost.name);
        writer_.text("since").unsigned_integer(lost.since);
    }
    void operator()(const Value& value) const {
        const bool has_end = value.text && value.milliseconds != 0;
        start("value", 3U + (value.text ? 1U : 0U) + (has_end ? 1U : 0U));
        writer_.text("key").text(value.key);
        writer_.text("time").unsigned_integer(value.time);
        writer_.text("member").text(value.member);
        if (value.text) {
            writer_.text("value").bytes(as_bytes(*value.text));
        }
        if (has_end) {
            writer_.text("left").unsigned_integer(value.milliseconds);
        }
    }

private:
    void start(std::string_view type, std::size_t other_keys) const {
        writer_.map(1 + other_keys).text("t").text(type);
    }
    void write_request(RequestId request) const { writer_.text("request").unsigned_integer(request); }

    wire::cbor::Writer& writer_;
};

}  // namespace

std::vector<std::uint8_t> encode(const Message& message) {
    wire::cbor::Writer writer;
    std::visit(Body(writer), message);
    std::vector<std::uint8_t> bytes = writer.take();
    check(static_cast<bool>(decode(bytes)), "a message that is sent to a member follows its rules");
    return bytes;
}

}  // namespace ferrotunnel::cluster
