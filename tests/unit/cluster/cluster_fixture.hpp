// A cluster in memory: registers whose messages are delivered by hand, as bytes.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cluster/limits.hpp"
#include "cluster/register.hpp"

namespace ferrotunnel::cluster::fixture {

using namespace std::chrono_literals;

inline Owner owner(std::uint8_t token, std::uint8_t party) {
    Owner owner;
    owner.token[0] = token;
    owner.party[0] = party;
    return owner;
}

inline const Owner ann = owner(1, 1);
inline const Owner ann_again = owner(1, 2);      // another client of the same token
inline const Owner ann_once_more = owner(1, 3);  // and another one
inline const Owner bob = owner(2, 1);

using Indices = std::vector<MemberIndex>;

/// The answer to a claim.
struct Answer {
    bool granted = false;
    bool provisional = false;
    Since since = 0;
    wire::Code code = wire::Code::none;
    bool is_temporary = false;
    std::string text;
};

/// What was sent as bytes arrives as the same message.
inline Message through_bytes(const Message& message) {
    const std::vector<std::uint8_t> bytes = encode(message);
    REQUIRE(bytes.size() <= limits::message_max);
    Result<Message, wire::ControlError> decoded = decode(bytes);
    REQUIRE(decoded);
    return std::move(*decoded);
}

class Cluster {
public:
    using Names = std::vector<std::string>;

    /// All members are linked, and know that nobody has anything.
    explicit Cluster(const Names& names) : Cluster(names, false, Decides::homes) {}
    static Cluster without_links(const Names& names) { return Cluster(names, true, Decides::homes); }
    /// Its members ask a store, which has not answered yet.
    static Cluster with_store(const Names& names) { return Cluster(names, false, Decides::store); }

    Register& operator[](MemberIndex member) { return *nodes_[member].itself; }
    const Members& members() const { return *nodes_.front().members; }
    MemberIndex size() const { return static_cast<MemberIndex>(nodes_.size()); }
    TimePoint now() const { return now_; }
    std::uint64_t wall() const {
        return wall_ + static_cast<std::uint64_t>(
                           std::chrono::duration_cast<std::chrono::milliseconds>(now_ - TimePoint{}).count());
    }

    // --- names by their home ---

    Name host(MemberIndex home, std::size_t nth = 0, const std::string& path = "/") const {
        for (std::size_t i = 0;; ++i) {
            const Name name = Name::of_host("app" + std::to_string(i) + ".example.com", path);
            if (members().home_of(name) == home && nth-- == 0) {
                return name;
            }
        }
    }
    Name port(MemberIndex home) const {
        for (std::uint16_t i = 1000;; ++i) {
            if (members().home_of(Name::of_port(i, false)) == home) {
                return Name::of_port(i, false);
            }
        }
    }

    // --- own clients ---

    ClaimId claim(MemberIndex member, const Name& name, const Owner& owner, std::uint64_t terms = 1) {
        note(member, (*this)[member].claim(++last_claim_, name, owner, terms, now_));
        return last_claim_;
    }
    /// Claims, and delivers everything.
    Answer ask(MemberIndex member, const Name& name, const Owner& owner, std::uint64_t terms = 1) {
        const ClaimId id = claim(member, name, owner, terms);
        settle();
        const std::optional<Answer> found = answer(id);
        REQUIRE(found);
        return *found;
    }
    void release(MemberIndex member, ClaimId claim, Duration reserved_for = 0s) {
        note(member, (*this)[member].release(claim, reserved_for, now_));
    }
    void cancel(MemberIndex member, ClaimId claim) { note(member, (*this)[member].cancel(claim, now_)); }
    ClaimId last_claim() const { return last_claim_; }
    std::optional<Answer> answer(ClaimId claim) const {
        const auto found = answers_.find(claim);
        return found == answers_.end() ? std::nullopt : std::optional(found->second);
    }
    /// Clients answer probes at once, unless they are silent.
    void silence(const Owner& owner) { silent_.insert(owner); }

    // --- shared values ---

    bool set(MemberIndex member, const std::string& key, std::string text, Duration lifetime = 0s) {
        return note_change(member, (*this)[member].set_value(key, std::move(text), lifetime, now_));
    }
    bool remove(MemberIndex member, const std::string& key) {
        return note_change(member, (*this)[member].remove_value(key, now_));
    }
    bool restore(MemberIndex member, const Value& value) {
        return note_change(member, (*this)[member].restore_value(value, now_));
    }
    void hear(MemberIndex member, const Value& value) {
        (void)note_change(member, (*this)[member].hear_value(value, now_));
    }
    /// Empty: none.
    std::string value(MemberIndex member, const std::string& key) {
        const auto present = (*this)[member].values().get(key);
        return present ? present->text : std::string();
    }

    // --- links ---

    void link(MemberIndex one, MemberIndex other) {
        unlink(one, other);
        const LinkId id = ++last_link_;
        links_[{one, other}] = links_[{other, one}] = Wire{id, {}};
        const Hello first = std::get<Hello>(through_bytes((*this)[one].hello()));
        const Hello second = std::get<Hello>(through_bytes((*this)[other].hello()));
        connect(other, id, first);
        connect(one, id, second);
    }
    void unlink(MemberIndex one, MemberIndex other) {
        for (const auto& [from, to] : {std::pair(one, other), std::pair(other, one)}) {
            const auto found = links_.find({from, to});
            if (found != links_.end()) {
                const LinkId id = found->second.id;
                links_.erase(found);
                note(from, (*this)[from].disconnected(id, now_));
            }
        }
    }
    void unlink_all(MemberIndex member) {
        for (MemberIndex other = 0; other < size(); ++other) {
            unlink(member, other);
        }
    }
    void link_all() {
        for (MemberIndex one = 0; one < size(); ++one) {
            for (MemberIndex other = static_cast<MemberIndex>(one + 1); other < size(); ++other) {
                if (!links_.contains({one, other}) && may_be_linked(one, other)) {
                    link(one, other);
                }
            }
        }
    }
    LinkId link_id(MemberIndex from, MemberIndex to) const { return links_.at({from, to}).id; }
    /// It starts again with a clock that is so much behind, and its links.
    void set_clock_back(MemberIndex member, Duration time) {
        unlink_all(member);
        Node& node = nodes_[member];
        node.effects.clear();
        const auto behind =
            static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
        node.itself =
            std::make_unique<Register>(node.members, Register::Start{++incarnation_, 7, now_, wall() - behind});
        link_all();
        settle();
    }
    /// Its process ends, and starts again without links.
    void restart(MemberIndex member) {
        unlink_all(member);
        start(member, members().names());
    }
    /// The same as a member that asks somebody else.
    void restart_as(MemberIndex member, Decides decides) {
        nodes_[member].decides = decides;
        restart(member);
    }
    /// The same with another list.
    void start(MemberIndex member, const Names& list) {
        Node& node = nodes_[member];
        node.effects.clear();
        node.members = std::make_shared<const Members>(list, names_[member], node.decides);
        node.itself = std::make_unique<Register>(node.members, Register::Start{++incarnation_, 7, now_, wall()});
    }

    // --- messages ---

    /// Puts what `from` has to send on the wire.
    void send(MemberIndex from, MemberIndex to) {
        Wire& wire = links_.at({from, to});
        while (std::optional<Message> message = (*this)[from].next(wire.id, now_)) {
            wire.messages.push_back(through_bytes(*message));
        }
    }
    std::size_t on_the_wire(MemberIndex from, MemberIndex to) const { return links_.at({from, to}).messages.size(); }
    const std::deque<Message>& wire(MemberIndex from, MemberIndex to) const { return links_.at({from, to}).messages; }
    void deliver(MemberIndex from, MemberIndex to) {
        Wire& wire = links_.at({from, to});
        const std::deque<Message> messages = std::exchange(wire.messages, {});
        for (const Message& message : messages) {
            receive(from, to, message);
        }
    }
    void receive(MemberIndex from, MemberIndex to, const Message& message) {
        note(to, (*this)[to].received(link_id(from, to), message, now_));
    }
    /// Until nobody has anything to send.
    void settle() {
        for (bool is_busy = true; is_busy;) {
            is_busy = false;
            for (const auto& [from, to] : ends()) {
                if (links_.contains({from, to})) {
                    send(from, to);
                    is_busy = is_busy || on_the_wire(from, to) != 0;
                    deliver(from, to);
                }
            }
        }
    }

    // --- time ---

    /// With all deadlines on the way, at their times.
    void pass(Duration time) {
        const TimePoint end = now_ + time;
        for (TimePoint next = next_deadline(); next <= end; next = next_deadline()) {
            now_ = std::max(now_, next);
            tick();
            settle();
        }
        now_ = end;
        tick();
        settle();
    }
    /// Nothing else happens.
    void wait(Duration time) { now_ += time; }
    void tick() {
        for (MemberIndex member = 0; member < size(); ++member) {
            note(member, (*this)[member].tick(now_));
        }
    }
    TimePoint next_deadline() {
        TimePoint earliest = never;
        for (const Node& node : nodes_) {
            earliest = std::min(earliest, node.itself->next_deadline());
        }
        return earliest;
    }

    // --- effects ---

    /// The effects of this type since the last call, without answers to claims.
    template <typename T>
    std::vector<T> take(MemberIndex member) {
        std::vector<T> taken;
        for (const Effect& effect : take_each<T>(member)) {
            taken.push_back(std::get<T>(effect));
        }
        return taken;
    }
    /// The same of several types.
    template <typename... T>
    std::vector<Effect> take_each(MemberIndex member) {
        std::vector<Effect> taken;
        std::erase_if(nodes_[member].effects, [&](const Effect& effect) {
            const bool is_taken = (std::holds_alternative<T>(effect) || ...);
            if (is_taken) {
                taken.push_back(effect);
            }
            return is_taken;
        });
        return taken;
    }
    void note(MemberIndex member, Effects effects) {
        std::vector<ProbeClient> probes;
        for (Effect& effect : effects) {
            if (const auto* granted = std::get_if<ClaimGranted>(&effect)) {
                answered(granted->claim, {true, granted->provisional, granted->since, {}, false, {}});
            } else if (const auto* refused = std::get_if<ClaimRefused>(&effect)) {
                REQUIRE(refused->text.size() <= limits::refusal_text_max);
                answered(refused->claim, {false, false, 0, refused->code, refused->is_temporary, refused->text});
            }
            if (const auto* probe = std::get_if<ProbeClient>(&effect)) {
                probes.push_back(*probe);
            }
            nodes_[member].effects.push_back(std::move(effect));
        }
        for (const ProbeClient& probe : probes) {
            if (!silent_.contains(probe.owner)) {
                note(member, (*this)[member].probed(probe.probe, true, now_));
            }
        }
    }

private:
    struct Node {
        Decides decides = Decides::homes;
        std::shared_ptr<const Members> members;
        std::unique_ptr<Register> itself;
        Effects effects;
    };
    struct Wire {
        LinkId id = 0;
        std::deque<Message> messages;  // from the first member to the second
    };
    using Ends = std::pair<MemberIndex, MemberIndex>;

    Cluster(const Names& names, bool without_links, Decides decides) : names_(names), nodes_(names.size()) {
        for (std::size_t i = 0; i < names.size(); ++i) {
            nodes_[i].decides = decides;
            start(static_cast<MemberIndex>(i), names);
        }
        if (!without_links) {
            link_all();
            settle();
        }
    }
    bool may_be_linked(MemberIndex one, MemberIndex other) const {
        const Decides decides = nodes_[one].decides;
        const Decides others = nodes_[other].decides;
        return decides == others || decides == Decides::both || others == Decides::both;
    }
    bool note_change(MemberIndex member, std::optional<Effects> effects) {
        const bool is_accepted = effects.has_value();
        note(member, std::move(effects).value_or(Effects{}));
        return is_accepted;
    }
    void connect(MemberIndex member, LinkId link, const Hello& hello) {
        Result<Effects, std::string> effects = (*this)[member].connected(link, hello, now_);
        REQUIRE(effects);
        note(member, std::move(*effects));
    }
    std::vector<Ends> ends() const {
        std::vector<Ends> ends;
        for (const auto& [end, wire] : links_) {
            ends.push_back(end);
        }
        return ends;
    }
    void answered(ClaimId claim, const Answer& answer) {
        const bool is_first = answers_.emplace(claim, answer).second;
        REQUIRE(is_first);
    }

    static constexpr std::uint64_t wall_ = 1'700'000'000'000;

    Names names_;  // sorted, so that indices are the same in all lists that have all members
    TimePoint now_{1h};
    std::vector<Node> nodes_;
    std::map<Ends, Wire> links_;
    std::map<ClaimId, Answer> answers_;
    std::set<Owner> silent_;
    ClaimId last_claim_ = 0;
    LinkId last_link_ = 0;
    std::uint64_t incarnation_ = 0;
};

inline Cluster three() {
    return Cluster({"a", "b", "c"});
}

constexpr MemberIndex a = 0;
constexpr MemberIndex b = 1;
constexpr MemberIndex c = 2;

}  // namespace ferrotunnel::cluster::fixture
