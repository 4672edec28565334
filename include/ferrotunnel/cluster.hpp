// Settings of a server that is a member of a cluster: several servers behind one name.
#pragma once

#include <string>
#include <vector>

namespace ferrotunnel {

/// Another member of a Cluster.
struct ClusterPeer {
    /// Its name in the cluster: the Cluster::name of that server.
    std::string name{};
    /// Where it listens for members: a host name or IP address, with a port, by default 7838: "b.example.com:7838".
    std::string address{};

    friend bool operator==(const ClusterPeer&, const ClusterPeer&) = default;
};

/// A cluster of 2 to 16 servers, or with etcd up to 64 (Server::Builder::cluster): a client connects to any of them, a
/// visitor to any of them. Each member has the same names, with the address at which it is reached by the others.
/// Members prove to each other that they have the cluster's key, and who has the key is every member. A member that
/// cannot be reached is dialled again for ever; start() does not wait for it. docs/architecture/cluster.md describes
/// what members tell each other.
struct Cluster {
    /// The name of this server in the cluster: 1 to 63 lower-case letters, digits, '-' and '_', with no '-' at either
    /// end. The names of all members together decide which of them is asked about a new host or port. Required.
    std::string name{};
    /// The listen address for other members: an IP address with a port, by default 7838; port 0: the system chooses. It
    /// belongs in a private network or behind a firewall. start() fails if it cannot listen there.
    std::string listen = "0.0.0.0:7838";
    /// The file with the cluster's key, as `ferrotunnel cluster key FILE` makes it; the same on all members, and
    /// readable only by its owner. Server::apply() reads it again: new connections between members use its keys, and
    /// present ones stay. Required.
    std::string key{};
    /// The other members, 1 to 15, without this one. No two may have the same name or address. With etcd it may be
    /// empty: members are found there, in addition to these.
    std::vector<ClusterPeer> peers{};
    /// Where clients reach this member: a host name or IP address, by default with port 7835. The members tell it to
    /// their clients, which connect to two members (Client::Builder::redundancy). Default: none; then this member is
    /// the second one only of clients whose own settings name it.
    std::string public_address{};
    /// Whether other members may send requests of the control API to this server, such as `ferrotunnel drain --server
    /// NAME` at one of them: whoever may use the control socket or the dashboard of one member can then control all of
    /// them. Server::apply() changes it.
    bool control = true;
    /// URLs of an etcd (3.5 or later), 1 to 16: "https://10.0.0.1:2379". It decides then who gets a name, instead of
    /// the members, so that new names need no particular member. All members have the same ones, and the same
    /// `etcd_prefix`. start() does not wait for it: while it cannot be asked, names that are known are served, and new
    /// ones refused for now. Default: none.
    std::vector<std::string> etcd{};
    /// For the time in which the members change from deciding themselves to etcd, or back: this member asks both, so it
    /// is linked with members without etcd and with members that ask only etcd, which are not linked with each other.
    /// See "From a list to etcd" in scale.md. Needs `etcd`.
    bool etcd_homes = false;
    /// What all keys in etcd begin with, 1 to 64 letters, digits, '-', '_', '.' and '/'; another one for each cluster.
    std::string etcd_prefix = "ferrotunnel/";
    /// User of etcd with rights to read and write keys with this prefix. Default: no login.
    std::string etcd_user{};
    /// File whose first line is the user's password, readable only by its owner. Required with etcd_user.
    std::string etcd_password_file{};
    /// CAs to verify https endpoints against, PEM. Default: the system's.
    std::string etcd_ca_file{};
    /// Certificate chain and key, PEM, for an etcd that demands a client certificate; both or neither.
    std::string etcd_chain{};
    std::string etcd_key{};
    /// Where other members connect to this one: a host name or IP address, by default with port 7838. With etcd they
    /// find it there. Default: `listen`, unless that has all addresses (0.0.0.0) or port 0. Required with etcd, if
    /// neither that nor `peers` is there; without etcd it has no effect.
    std::string address{};

    friend bool operator==(const Cluster&, const Cluster&) = default;
};

}  // namespace ferrotunnel
