// The clients of a simulated cluster: each has a token, and wants names. A client connects to one or two members,
// moves, falls silent, starts again as another process, and dies; its sessions may outlive it until their member
// notices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cluster/register.hpp"
#include "simulation/cluster/cluster_judge.hpp"
#include "simulation/cluster/cluster_member.hpp"

namespace ferrotunnel::simulation {

class ClusterClients {
public:
    using Index = ClusterMember::Index;
    using MemberList = std::vector<std::unique_ptr<ClusterMember>>;

    ClusterClients(ClusterContext& context, const ClusterProfile& profile, const MemberList& members,
                   ClusterJudge& judge);

    void start();
    /// Some client does something.
    void act();
    void member_crashed(Index index);
    void member_hung(Index index);
    /// It ends all sessions, since its process is about to end.
    void member_ends(Index index);

    void granted(const ferrotunnel::cluster::ClaimGranted& answer);
    void refused(const ferrotunnel::cluster::ClaimRefused& answer);
    void revoked(Index member, const ferrotunnel::cluster::Revoked& revoked);
    void probe(Index member, const ferrotunnel::cluster::ProbeClient& probe);

    /// Nobody is silent from now on.
    void mend();
    /// From now on nobody tries again.
    void rest() { is_resting_ = true; }
    void leave_all();

    /// All names that a client wants.
    const std::vector<ferrotunnel::cluster::Name>& names() const noexcept { return names_; }
    /// Those who want the name and are alive.
    std::vector<ferrotunnel::cluster::Owner> living(const ferrotunnel::cluster::Name& name) const;
    /// Clients of the name's owner that want it, and have it not. Those whose terms differ from others' are left out.
    std::size_t unserved(const ferrotunnel::cluster::Name& name, const ferrotunnel::cluster::Owner& owner) const;
    bool is_living(const ferrotunnel::cluster::Owner& owner) const;
    /// Whether a client of this owner at the member has answered for some time.
    bool has_answered(Index member, const ferrotunnel::cluster::Name& name, const ferrotunnel::cluster::Owner& owner,
                      Duration time) const;

private:
    using ClaimId = ferrotunnel::cluster::ClaimId;
    using Name = ferrotunnel::cluster::Name;
    using Owner = ferrotunnel::cluster::Owner;
    enum class State { pending, granted, revoked };
    struct Asked {
        std::size_t want = 0;
        State state = State::pending;
    };
    struct Client;
    struct Session {
        std::uint64_t number = 0;
        std::size_t client = 0;
        Owner owner{};
        Index member = 0;
        std::uint64_t incarnation = 0;
        TimePoint opened_at{};
        bool is_abandoned = false;  // nobody answers at its other end
        bool is_ended = false;      // its member knows
        std::map<ClaimId, Asked> claims{};
    };
    using Shared = std::shared_ptr<Session>;
    struct Want {
        Name name;
        std::uint64_t terms = 0;
        std::size_t claims = 1;
    };
    struct Client {
        Owner owner{};
        bool is_group = false;
        bool is_alive = true;
        TimePoint silent_until{};
        std::vector<Want> wants{};
        std::vector<Shared> sessions{};  // that it uses
    };

    void add_client(std::size_t number);
    std::vector<Name> choose_names(std::size_t number, const Client& client);
    Client& client_of(const Session& session) { return clients_[session.client]; }
    ClusterMember& member_of(const Session& session) { return *members_[session.member]; }
    std::string text(const Session& session) const;
    bool answers(const Session& session) const;

    void connect(std::size_t number);
    void connect_later(std::size_t number, Duration time);
    void open(std::size_t number, Index member);
    void claim(const Shared& session, std::size_t want);
    void try_again(const Shared& session, std::size_t want, Duration time);
    void abandon(const Shared& session, bool is_noticed);
    void abandon_all(Client& client, bool is_noticed);
    void end(const Shared& session);
    void give_up(Session& session, std::map<ClaimId, Asked>::iterator claim);
    void fall_silent(std::size_t number);
    void start_again(std::size_t number);
    void drop_one(const Shared& session);
    Duration reserved_for();

    ClusterContext& context_;
    const ClusterProfile& profile_;
    const MemberList& members_;
    ClusterJudge& judge_;
    std::vector<Client> clients_;
    std::vector<Name> names_;
    std::map<std::uint64_t, Shared> sessions_;  // those that their members have
    std::map<ClaimId, Shared> by_claim_;
    std::uint64_t last_session_ = 0;
    ClaimId last_claim_ = 0;
    std::uint64_t last_instance_ = 0;
    bool is_mended_ = false;
    bool is_resting_ = false;
};

}  // namespace ferrotunnel::simulation
