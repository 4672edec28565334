// The commands of the load, one file each; main.cpp says how they are called and what they print.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace load {

int backend(const std::string& place);
int bulk(const std::string& place, char direction, std::size_t streams, std::uint64_t bytes);
int latency(const std::string& place, std::size_t connections, double duration, bool beside_bulk);
int connects(const std::string& place, double duration, std::size_t at_once);
int idle(const std::string& place, const std::vector<std::size_t>& levels);
int http(const std::string& place, const std::string& path, double duration);
int share(const std::string& backend, const std::string& place, char direction, std::size_t streams, double warm,
          double duration);
struct UdpWork {
    std::string place;
    bool up;  // counted by the backend; otherwise echoes
    std::size_t bytes;
    std::size_t visitors;
    std::uint64_t window;  // under way, of each visitor
    double rate;           // 0: what the window allows
    double seconds;
    bool segments;  // a visitor's neighbours leave as one message, as those of QUIC's senders do
};
int udp(const UdpWork& work);
int udp_latency(const std::string& place, double duration, bool beside_bulk);
int start(const std::string& until, const std::string& place, char** program);

}  // namespace load
