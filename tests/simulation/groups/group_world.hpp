// One group of clients in made-up time: members join, are handed over, drain and die without a word, become unhealthy,
// wait to be resumed, are ejected and come back, while visitors come by each policy. A model beside it says who may
// have each visitor.
//
// What it holds the list to:
//   - a visitor comes to a member that is there and takes visitors, as long as there is one; only else it is refused
//   - one on standby has visitors only where no regular one takes them, a successor where its predecessor takes none
//   - whoever stays (by cookie, by address) has its member as long as that takes it, and has it again afterwards
//   - `least` gives to one that has the least for its weight, `two-choices` never to the only one that has the most
//   - a member is ejected when its terms say so, not before; is out for its time; and comes back by a trial
//   - what counts at members is what is there, and nothing in the end
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "directory/carrier_list.hpp"
#include "support/seeded_random.hpp"

namespace ferrotunnel::simulation {

/// What has happened in seeds, so that one sees that it did.
struct GroupCounts {
    std::uint64_t visitors = 0;
    std::uint64_t refused = 0;
    std::uint64_t stayed = 0;  // with the member that they had
    std::uint64_t handed_over = 0;
    std::uint64_t ejected = 0;
    std::uint64_t returned = 0;
    std::uint64_t waited = 0;
};

class GroupWorld {
public:
    GroupWorld(std::uint64_t seed, GroupCounts& counts, bool verbose);

    /// Throws std::runtime_error where a rule is broken.
    void run();

private:
    using Slot = std::pair<std::string, std::uint32_t>;
    struct Trunk : directory::NumberedCarrier {
        std::uint64_t load() const noexcept { return visitors; }

        std::uint64_t visitors = 0;
        bool full = false;
        directory::CarrierHealth health{};
    };
    using List = directory::CarrierList<Trunk>;
    struct Client {
        directory::Membership membership;
        Slot slot;
        std::vector<std::shared_ptr<Trunk>> trunks{};
        std::shared_ptr<directory::GroupMember> it{};
        bool is_ill = false;  // it fails its visitors
        bool out = false;
        bool on_trial = false;
        TimePoint out_until{};
        std::uint32_t row = 0;  // failures
        TimePoint failed_at{};
    };
    using Clients = std::vector<const Client*>;
    /// Who visits again and again.
    struct Person {
        std::uint64_t address = 0;
        std::string tag{};
        std::map<std::set<std::pair<Slot, std::uint32_t>>, Slot> had{};  // by the members that could have it
    };
    struct Visit {
        directory::MemberVisit visit;
        std::shared_ptr<Trunk> trunk;
    };

    void step();
    void join(const std::vector<directory::ClientId>& before);
    void add_trunk(Client& client);
    void join_beyond_the_bound();
    void succeed();
    void leave(std::size_t at, std::size_t how);
    void rotate(Client& client);
    void change_health(Client& client);
    void lose_or_resume(Client& client);
    void add_visitor(Person& person, bool near);
    Client* choose(Person& person, const directory::CarrierIds& passed, const directory::GroupMember* excluded_member,
                   bool near, std::shared_ptr<Trunk>& trunk);
    void record_outcome(std::size_t at, directory::MemberOutcome outcome);
    void record_success(Client& client);
    void record_failure(Client& client, directory::HealthTransition turn, Duration time);
    void end_visit(std::size_t at);
    void calm_down();
    void end_all();

    bool usable(const Trunk& trunk) const;
    bool takes(const Client& client) const;
    bool is_there(const Client& client) const;
    Clients eligible(const directory::CarrierIds& passed, const directory::GroupMember* excluded_member) const;
    void judge(Person& person, const Clients& may, const Client& chosen);
    void judge_balance(const Clients& may, const Client& chosen) const;
    void judge_counts() const;
    Client& some_client() { return clients_[random_.below(clients_.size())]; }
    Client* client_of(const directory::GroupMember* member);
    void tell(const std::string& what) const;

    test::SeededRandom random_;
    GroupCounts& counts_;
    const bool verbose_;
    List list_;
    directory::Membership terms_{};
    metrics::MemberCounters counters_;
    std::vector<Client> clients_;  // in the order in which they have joined
    std::vector<Person> persons_;
    std::vector<Visit> visits_;
    std::map<std::shared_ptr<directory::GroupMember>, std::uint64_t> now_at_;  // visitors, also of those that are gone
    std::uint64_t last_client_ = 0;
    TimePoint now_{std::chrono::hours(1)};
};

}  // namespace ferrotunnel::simulation
