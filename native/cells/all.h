// Every cell of the core, one line each: its name, as in Python's CELLS, and its type.
#pragma once

#include "gru.h"
#include "lstm.h"
#include "rnn.h"

#define TG_CELLS(X)                    \
  X("lstm", Lstm)                      \
  X("gru", Gru)                        \
  X("rnn", Rnn<Activation::tanh>)      \
  X("rnn_relu", Rnn<Activation::relu>) \
  X("rnn_linear", Rnn<Activation::linear>)
