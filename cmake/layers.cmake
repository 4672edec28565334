# ft_layer(folder [SANS_IO] [COLD] USES folder... [LINKS target...]): one target per folder of lib/, linked only to what it
# may use. COLD: it runs at the start or when somebody asks, and is made small.
# tests/check/layers.cpp reads these calls and checks the #include lines against them.
set_property(GLOBAL PROPERTY FERROTUNNEL_LAYERS "")

function(ft_layer name)
  cmake_parse_arguments(arg "SANS_IO;COLD" "" "USES;LINKS" ${ARGN})
  if(FERROTUNNEL_FUZZ AND NOT arg_SANS_IO)
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.hpp)
  if(NOT sources)
    file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}_empty.cpp CONTENT "")
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/${name}_empty.cpp)
  endif()
  list(TRANSFORM arg_USES PREPEND ft_)
  add_library(ft_${name} STATIC ${sources} ${headers})
  target_link_libraries(ft_${name} PUBLIC ft_flags ${arg_USES} ${arg_LINKS})
  if(arg_COLD)
    target_link_libraries(ft_${name} PRIVATE ft_small)
  endif()
  set_property(GLOBAL APPEND PROPERTY FERROTUNNEL_LAYERS ${name})
endfunction()
