import { Backbone, GraftworkError, isSupported } from 'graftwork';

Object.assign(window, { graftwork: { Backbone, GraftworkError, isSupported } });
