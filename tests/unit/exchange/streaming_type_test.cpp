#include "exchange/streaming_type.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel::exchange;

TEST_CASE("which types of bodies are streams of messages") {
    for (const char* type :
         {"application/grpc", "application/grpc+proto", "Application/gRPC; x=1", "application/grpc-web+proto",
          "application/connect+proto", "application/connect+json;charset=utf-8", "application/x-ndjson",
          "application/ndjson ; x=y", "application/json-seq", "text/event-stream; charset=utf-8",
          "multipart/x-mixed-replace;boundary=x"}) {
        CAPTURE(type);
        CHECK(is_streaming_type(type));
    }
    for (const char* type : {"", "application/connect+", "application/connect", "application/grp", "application/grpcx",
                             "application/json", "application/proto", "application/x-www-form-urlencoded",
                             "application/octet-stream", "text/event-streams", "multipart/form-data; boundary=x"}) {
        CAPTURE(type);
        CHECK_FALSE(is_streaming_type(type));
    }
}
